//! What has to happen although nobody asks, every few minutes: sessions lapse, verifications expire, erasures go on, faces past their
//! retention are forgotten, what was withdrawn is looked for once more; and once a day the images of the day before are compared with the
//! decisions that name them. It costs what is due and what that day has, not what is stored.

mod reconcile;
mod report;

use jiff::Timestamp;
use prooflight_shared::adapters::{AwsClients, Due, Loaded, LoadedEnrolment};
use prooflight_shared::app::{Entropy, Eraser, Refused, change_verification};
use prooflight_shared::domain::{Command, EnrolmentState, ErasureState};
use prooflight_shared::edge::{ConnectError, Failure, LambdaFunction, Problem};
use prooflight_shared::environment::Environment;
use prooflight_shared::fault::Fault;
use prooflight_shared::invocation::Invocation;
use prooflight_shared::policy::Catalogue;
use report::Done;
use serde_json::Value;
use std::collections::BTreeSet;
use std::time::Duration;

pub use report::Report;

/// The use case with its connections.
#[derive(Debug)]
pub struct Cleanup {
    eraser: Eraser,
    image_retentions: BTreeSet<u16>,
}

/// So much of every shard is looked at at once.
const PER_SHARD: u16 = 25;
/// What is not done by then is done the next time.
const TIME_TO_WORK: Duration = Duration::from_secs(18);

impl LambdaFunction for Cleanup {
    const NAME: &'static str = "cleanup";
    type Event = Value;
    type Answer = Report;

    fn connect(environment: &Environment) -> Result<Self, ConnectError> {
        let clients = AwsClients::new(environment)?;
        Ok(Self { eraser: Eraser::connect(&clients, environment)?, image_retentions: Catalogue::shipped()?.image_retentions() })
    }

    async fn warm_up(&self) {
        self.eraser.stores.table.warm_up().await;
    }

    async fn handle(&self, _schedule: Value, invocation: Invocation) -> Result<Report, Failure> {
        let mut report = Report::default();
        let work = self.clean_up(&invocation, &mut report);
        let in_time = tokio::time::timeout(TIME_TO_WORK, Box::pin(work)).await;
        // Said whatever became of it: what was done by then was done.
        report.log();
        match in_time {
            Ok(Err(fault)) => Err(Problem::from(fault).into()),
            Ok(Ok(())) | Err(_) => Ok(report),
        }
    }
}

impl Cleanup {
    /// What is due comes first, because people and workflows wait for it.
    async fn clean_up(&self, invocation: &Invocation, report: &mut Report) -> Result<(), Fault> {
        let entropy = Entropy::new(&invocation.entropy);
        self.deal_with_all(invocation.now, &entropy, report).await?;
        self.reconcile(invocation.now, &entropy, report).await;
        Ok(())
    }

    /// Page by page to the end of what is due: each document once, whether or not it could be dealt with.
    async fn deal_with_all(&self, now: Timestamp, entropy: &Entropy, report: &mut Report) -> Result<(), Fault> {
        let mut place = None;
        loop {
            let page = self.eraser.stores.table.due(now, place, PER_SHARD).await?;
            for found in page.found {
                let done = match found {
                    Ok(due) => Box::pin(self.deal_with(due, now, entropy)).await,
                    Err(fault) => Err(fault.into()),
                };
                report.count(done);
            }
            place = page.next;
            if place.is_none() {
                return Ok(());
            }
        }
    }

    async fn deal_with(&self, due: Due, now: Timestamp, entropy: &Entropy) -> Result<Done, Refused> {
        match due {
            Due::Verification(loaded) => self.settle(*loaded, now, entropy).await,
            Due::Enrolment(loaded) => self.forget(&loaded, now, entropy).await,
            Due::Erasure(loaded) => {
                let next = self.eraser.go_on(&loaded, now, entropy).await?;
                Ok(match next.state {
                    ErasureState::Done { .. } => Done::ErasureFinished,
                    _ if next == loaded.erasure => Done::Nothing,
                    _ => Done::ErasureWentOn,
                })
            }
        }
    }

    /// Writes down what time has done, and removes what was withdrawn or overturned once more. Nothing where the index was early: it
    /// goes by whole seconds, and lags behind.
    async fn settle(&self, loaded: Loaded, now: Timestamp, entropy: &Entropy) -> Result<Done, Refused> {
        let stores = &self.eraser.stores;
        let id = loaded.verification.id.clone();
        let before = loaded.verification.clone();
        let settled = match change_verification(&stores.table, &id, Some(loaded), &Command::Settle, None, now, entropy).await {
            Ok(settled) => settled.verification,
            // Another run, or an erasure, was first.
            Err(Refused::Erased) => return Ok(Done::Nothing),
            Err(other) => return Err(other),
        };
        if settled.removal_due.is_some_and(|due| due <= now) {
            stores.look_again(&settled, now, entropy).await?;
            return Ok(Done::Removed);
        }
        Ok(if settled == before { Done::Nothing } else { Done::Settled })
    }

    /// Forgets a face whose time is over, what was given up, and the plan for one that nobody carried out; the document goes last.
    async fn forget(&self, loaded: &LoadedEnrolment, now: Timestamp, entropy: &Entropy) -> Result<Done, Refused> {
        let stores = &self.eraser.stores;
        let enrolment = &loaded.enrolment;
        if enrolment.due_at() > now {
            return Ok(Done::Nothing);
        }
        match &enrolment.state {
            EnrolmentState::Undone(undoing) if !undoing.cleared => {
                let cleared = stores.clear(loaded, entropy).await?;
                return Ok(if cleared { Done::FaceForgotten } else { Done::Nothing });
            }
            EnrolmentState::Undone(_) => {}
            EnrolmentState::Enrolled(face) => stores.faces.forget(std::slice::from_ref(&face.face_id)).await?,
            // Rekognition may have the face under an id that nobody wrote down.
            EnrolmentState::Planned => stores.faces.forget(&stores.faces.all_of(&enrolment.subject_key).await?).await?,
        }
        let removed = stores.table.remove_enrolment(loaded).await?;
        Ok(if removed { Done::FaceForgotten } else { Done::Nothing })
    }
}
