//! The expected "no": refusals that the rules of a verification give. Each maps to one status and one stable code at the edge.

use super::ReviewRejection;

/// Why a command is refused. Deliberately not `non_exhaustive`: whoever adds a case has to decide everywhere what it means.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Rejection {
    /// The verification is decided, in review or expired: it takes no further session.
    VerificationClosed,
    /// The last session that the policy allows is being streamed; nothing more can be asked for until it ends.
    SessionInProgress,
    /// A verdict is waited for, and nothing is decided yet that a person would have to look at.
    NotDecided,
    /// The reserved session was given up before it could be committed.
    SessionGone,
    /// More sessions were asked for than anybody needs, whether or not they were used.
    TooManySessions,
    /// Its face may not be enrolled: it is not approved, or not under a policy that enrols.
    NotEnrollable,
    /// The link was exchanged before, or its time or its verification is over.
    LinkSpent,
    /// A reviewer's command does not fit.
    Review(ReviewRejection),
}
