//! What reviewers do to a verification.

use super::{
    CLAIM_HOLDS_FOR, Claim, Opinion, Owner, Reason, Rejection, Review, ReviewKind, ReviewRejection, Status, Verdict, Verification,
};
use jiff::Timestamp;

impl Verification {
    /// Asks for a verdict on what is not decided yet.
    pub(super) fn ask_for_decision(&mut self, because: &[Reason], now: Timestamp) {
        self.review = Some(Review::asked(ReviewKind::Decision, because, now));
    }

    /// Asks, beside an approval, whether it was right; a question that is still open gets the reasons added. True unless nothing
    /// changes: INVARIANT: a verdict that was given stands.
    pub(super) fn ask_for_quality(&mut self, because: &[Reason], now: Timestamp) -> bool {
        if self.status != Status::Approved {
            return false;
        }
        let Some(review) = self.review.as_mut() else {
            self.review = Some(Review::asked(ReviewKind::Quality, because, now));
            return true;
        };
        let new: Vec<Reason> = because.iter().filter(|reason| !review.because.contains(reason)).copied().collect();
        if review.verdict.is_some() || new.is_empty() {
            return false;
        }
        review.because.extend(new);
        true
    }

    /// Whether somebody is asked for a verdict and has not given it.
    pub fn needs_verdict(&self) -> bool {
        self.review.as_ref().is_some_and(|review| review.verdict.is_none() && self.still_asks(review.kind))
    }

    /// Takes hold of the review for a while. True unless nothing changes.
    pub(super) fn claim(&mut self, reviewer: &Owner, now: Timestamp) -> Result<bool, Rejection> {
        let review = self.reviewable(reviewer, now)?;
        let until = now.checked_add(CLAIM_HOLDS_FOR).unwrap_or(Timestamp::MAX);
        let claim = Claim { reviewer: reviewer.clone(), until };
        let changes = review.claim.as_ref() != Some(&claim);
        review.claim = Some(claim);
        Ok(changes)
    }

    /// Takes a reviewer's opinion, which is the verdict unless another reviewer has to agree. True unless it was given before.
    pub(super) fn take_opinion(&mut self, opinion: &Opinion, now: Timestamp) -> Result<bool, Rejection> {
        let refuse = |why| Err(Rejection::Review(why));
        // First of all: to himself a reviewer is an end user, who learns no more than that.
        if opinion.reviewer == self.owner {
            return refuse(ReviewRejection::OwnVerification);
        }
        let seen = opinion.evidence_tag == self.evidence_tag();
        if let Some(winner) = self.review.as_ref().and_then(|review| review.verdict.as_ref()) {
            // The same again is the answer that was lost on its way.
            let said = |opinion: &Opinion| (opinion.verdict, opinion.reason);
            let same = winner.reviewer == opinion.reviewer && said(winner) == said(opinion);
            let refusal = ReviewRejection::AlreadyReviewed { verdict: winner.verdict, at: winner.at };
            return if same { Ok(false) } else { refuse(refusal) };
        }
        let review = self.reviewable(&opinion.reviewer, now)?;
        if opinion.verdict.kind() != review.kind {
            return refuse(ReviewRejection::WrongVerdict);
        }
        if !opinion.reason.speaks_for(opinion.verdict) {
            return refuse(ReviewRejection::WrongReason);
        }
        if !seen {
            return refuse(ReviewRejection::EvidenceChanged);
        }
        if opinion.verdict == Verdict::Approve && review.approvals_needed() > 1 {
            match &review.seconded_by {
                None => {
                    review.seconded_by = Some(opinion.clone());
                    review.claim = None;
                    return Ok(true);
                }
                Some(first) if first.reviewer == opinion.reviewer => return Ok(false),
                Some(_) => {}
            }
        }
        review.claim = None;
        review.verdict = Some(opinion.clone());
        match opinion.verdict {
            Verdict::Approve => self.close(Status::Approved, None, now),
            Verdict::Deny => self.close(Status::Denied, Some(Reason::ReviewDenied), now),
            // INVARIANT: what is closed never changes; this verdict stands beside it.
            Verdict::Uphold => {}
            Verdict::Overturn => self.look_again(now),
        }
        Ok(true)
    }

    /// The review, if this reviewer may work on it now.
    fn reviewable(&mut self, reviewer: &Owner, now: Timestamp) -> Result<&mut Review, Rejection> {
        let refuse = |why| Err(Rejection::Review(why));
        if *reviewer == self.owner {
            return refuse(ReviewRejection::OwnVerification);
        }
        let asks = self.needs_verdict();
        let Some(review) = self.review.as_mut().filter(|_| asks) else { return refuse(ReviewRejection::NotInReview) };
        if review.claim_at(now).is_some_and(|claim| claim.reviewer != *reviewer) {
            return refuse(ReviewRejection::Claimed);
        }
        Ok(review)
    }

    fn still_asks(&self, kind: ReviewKind) -> bool {
        match kind {
            ReviewKind::Decision => self.status == Status::InReview,
            // With the consent the right to look at the images has gone, and the images with it.
            ReviewKind::Quality => self.status == Status::Approved && self.withdrawn_at.is_none(),
        }
    }
}

impl Review {
    fn asked(kind: ReviewKind, because: &[Reason], now: Timestamp) -> Self {
        Self { kind, since: now, because: because.to_vec(), claim: None, seconded_by: None, verdict: None }
    }
}
