//! What has to happen although nobody asks, every few minutes: sessions lapse, verifications expire, erasures go on, faces past their
//! retention are forgotten. It costs what is due, not what is stored.

use jiff::Timestamp;
use prooflight_shared::adapters::{AwsClients, Due, Loaded, LoadedEnrolment, LoadedErasure};
use prooflight_shared::app::{Entropy, Eraser, Refused, change_verification};
use prooflight_shared::domain::{Command, EnrolmentState, ErasureState};
use prooflight_shared::edge::{ConnectError, Failure, LambdaFunction, Problem};
use prooflight_shared::environment::Environment;
use prooflight_shared::fault::Fault;
use prooflight_shared::invocation::Invocation;
use serde::Serialize;
use serde_json::Value;
use std::time::Duration;

/// The use case with its connections.
#[derive(Debug)]
pub struct Cleanup {
    eraser: Eraser,
}

/// So much of every shard is looked at in one round.
const PER_SHARD: u16 = 25;
const ROUNDS: u8 = 40;
/// What is not done by then is done the next time.
const TIME_TO_WORK: Duration = Duration::from_secs(18);

impl LambdaFunction for Cleanup {
    const NAME: &'static str = "cleanup";
    type Event = Value;
    type Answer = Report;

    fn connect(environment: &Environment) -> Result<Self, ConnectError> {
        let clients = AwsClients::new(environment)?;
        Ok(Self { eraser: Eraser::connect(&clients, environment)? })
    }

    async fn warm_up(&self) {
        self.eraser.stores.table.warm_up().await;
    }

    async fn handle(&self, _schedule: Value, invocation: Invocation) -> Result<Report, Failure> {
        let mut report = Report::default();
        let work = self.clean_up(&invocation, &mut report);
        let in_time = tokio::time::timeout(TIME_TO_WORK, Box::pin(work)).await;
        if let Ok(Err(fault)) = in_time {
            return Err(Problem::from(fault).into());
        }
        tracing::info!(
            settled = report.verifications_settled,
            erasures = report.erasures_finished,
            faces = report.faces_forgotten,
            failed = report.failed,
            "cleaned up"
        );
        Ok(report)
    }
}

/// What was done.
#[derive(Debug, Default, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Report {
    verifications_settled: u32,
    erasures_went_on: u32,
    erasures_finished: u32,
    faces_forgotten: u32,
    failed: u32,
}

impl Cleanup {
    /// Round by round, until a round finds nothing more that it can do.
    async fn clean_up(&self, invocation: &Invocation, report: &mut Report) -> Result<(), Fault> {
        let now = invocation.now;
        let entropy = Entropy::new(&invocation.entropy);
        for _ in 0..ROUNDS {
            let Due { verifications, enrolments, erasures } = self.eraser.stores.table.due(now, PER_SHARD).await?;
            let mut done = 0_u32;
            for loaded in verifications {
                let settled = self.settle(loaded, now, &entropy).await;
                done += report.count(settled, |report| &mut report.verifications_settled);
            }
            for loaded in enrolments {
                let forgotten = self.forget(&loaded, now).await;
                done += report.count(forgotten, |report| &mut report.faces_forgotten);
            }
            for loaded in erasures {
                let went_on = Box::pin(self.go_on(&loaded, now, &entropy)).await;
                report.erasures_finished += u32::from(went_on.as_ref().is_ok_and(|(_, finished)| *finished));
                done += report.count(went_on.map(|(went_on, _)| went_on), |report| &mut report.erasures_went_on);
            }
            if done == 0 {
                break;
            }
        }
        Ok(())
    }

    /// Writes down what time has done. False where that is nothing: the index goes by whole seconds, and lags behind.
    async fn settle(&self, loaded: Loaded, now: Timestamp, entropy: &Entropy) -> Result<bool, Refused> {
        let id = loaded.verification.id.clone();
        let before = loaded.verification.clone();
        match change_verification(&self.eraser.stores.table, &id, Some(loaded), &Command::Settle, None, now, entropy).await {
            Ok(settled) => Ok(settled.verification != before),
            Err(Refused::Erased) => Ok(false),
            Err(other) => Err(other),
        }
    }

    /// Forgets a face whose time is over, or the plan for one that nobody carried out; the document goes last.
    async fn forget(&self, loaded: &LoadedEnrolment, now: Timestamp) -> Result<bool, Refused> {
        let stores = &self.eraser.stores;
        let enrolment = &loaded.enrolment;
        match &enrolment.state {
            EnrolmentState::Enrolled(_) | EnrolmentState::Undone { .. } if enrolment.kept_until > now => return Ok(false),
            EnrolmentState::Planned if enrolment.abandoned_at() > now => return Ok(false),
            EnrolmentState::Enrolled(face) => stores.faces.forget(std::slice::from_ref(&face.face_id)).await?,
            // Rekognition may have the face under an id that nobody wrote down.
            EnrolmentState::Planned => stores.faces.forget(&stores.faces.all_of(&enrolment.subject_key).await?).await?,
            EnrolmentState::Undone { .. } => {}
        }
        Ok(stores.table.remove_enrolment(loaded).await?)
    }

    async fn go_on(&self, loaded: &LoadedErasure, now: Timestamp, entropy: &Entropy) -> Result<(bool, bool), Refused> {
        let next = self.eraser.go_on(loaded, now, entropy).await?;
        Ok((next != loaded.erasure, matches!(next.state, ErasureState::Done { .. })))
    }
}

impl Report {
    /// Counts what was done; what failed is counted too, logged, and does not hold up the rest.
    fn count(&mut self, result: Result<bool, Refused>, counter: impl FnOnce(&mut Self) -> &mut u32) -> u32 {
        match result {
            Ok(done) => {
                *counter(self) += u32::from(done);
                u32::from(done)
            }
            Err(refused) => {
                Problem::from(refused).log();
                self.failed += 1;
                0
            }
        }
    }
}
