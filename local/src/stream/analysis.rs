//! Runs the analyses of all streams off the async threads: chunk by chunk while the recording is made, at most as many at a time as
//! there are processors. What waits is bounded by the stream's own limits.

use super::machine::AnalysisError;
use bytes::Bytes;
use prooflight_vision::{Account, Analysis, Challenge, Findings, Models};
use std::sync::Arc;
use tokio::sync::{OnceCell, Semaphore, mpsc, oneshot};
use tokio::task::spawn_blocking;

/// What all analyses share.
#[derive(Debug)]
pub(super) struct Analyses {
    models: OnceCell<Arc<Models>>,
    turns: Semaphore,
}

/// One analysis. Dropping it ends the work after the chunk at hand.
#[derive(Debug)]
pub(super) struct RunningAnalysis {
    work: mpsc::UnboundedSender<Work>,
    done: Option<oneshot::Receiver<Result<Findings, AnalysisError>>>,
}

#[derive(Debug)]
enum Work {
    Chunk(Bytes),
    Finish { account: Account, seed: u64 },
}

impl Analyses {
    /// None yet; the networks are loaded by the first.
    pub(super) fn new() -> Self {
        let processors = std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
        Self { models: OnceCell::new(), turns: Semaphore::new(processors) }
    }

    /// Begins an analysis that waits for its first chunk.
    pub(super) fn begin(self: &Arc<Self>, challenge: Challenge, audit_images: u8) -> RunningAnalysis {
        let (work, todo) = mpsc::unbounded_channel();
        let (result, done) = oneshot::channel();
        let analyses = Arc::clone(self);
        tokio::spawn(async move {
            if let Some(outcome) = analyses.run(challenge, audit_images, todo).await {
                // Nobody waits for it any more when the client has left.
                let _ = result.send(outcome);
            }
        });
        RunningAnalysis { work, done: Some(done) }
    }

    /// The result, or none when the stream ended before its video did.
    async fn run(
        &self,
        challenge: Challenge,
        audit_images: u8,
        mut todo: mpsc::UnboundedReceiver<Work>,
    ) -> Option<Result<Findings, AnalysisError>> {
        let models = match self.models().await {
            Ok(models) => models,
            Err(error) => return Some(Err(error)),
        };
        let mut analysis = Analysis::new(models, challenge, usize::from(audit_images));
        loop {
            let work = todo.recv().await?;
            let Ok(_turn) = self.turns.acquire().await else { return Some(Err(AnalysisError::Broken)) };
            // The engine reads what strangers send: a panic in it must end this stream only.
            let step = spawn_blocking(move || match work {
                Work::Chunk(chunk) => Step::More(analysis.push(&chunk).map(|()| analysis)),
                Work::Finish { account, seed } => Step::Done(analysis.finish(&account, seed)),
            });
            match step.await {
                Ok(Step::More(Ok(next))) => analysis = next,
                Ok(Step::More(Err(error)) | Step::Done(Err(error))) => return Some(Err(error.into())),
                Ok(Step::Done(Ok(findings))) => return Some(Ok(findings)),
                Err(_) => {
                    tracing::error!("an analysis panicked");
                    return Some(Err(AnalysisError::Broken));
                }
            }
        }
    }

    async fn models(&self) -> Result<Arc<Models>, AnalysisError> {
        let load = || async {
            match spawn_blocking(Models::load).await {
                Ok(Ok(models)) => Ok(Arc::new(models)),
                Ok(Err(error)) => {
                    tracing::error!(%error, "the face models could not be loaded");
                    Err(AnalysisError::Broken)
                }
                Err(_) => {
                    tracing::error!("loading the face models panicked");
                    Err(AnalysisError::Broken)
                }
            }
        };
        self.models.get_or_try_init(load).await.map(Arc::clone)
    }
}

enum Step {
    More(Result<Analysis, prooflight_vision::VideoError>),
    Done(Result<Findings, prooflight_vision::VideoError>),
}

impl RunningAnalysis {
    /// Adds the next bytes of the recording.
    pub(super) fn push(&self, chunk: Bytes) {
        // An analysis that has ended does not miss them; its result is on the way.
        let _ = self.work.send(Work::Chunk(chunk));
    }

    /// Says that the recording is whole; `seed` is for the analysis' random comparisons.
    pub(super) fn finish(&self, account: Account, seed: u64) {
        let _ = self.work.send(Work::Finish { account, seed });
    }

    /// The result, once; afterwards this never resolves. Cancelling it loses nothing.
    pub(super) async fn result(&mut self) -> Result<Findings, AnalysisError> {
        let Some(done) = &mut self.done else { return std::future::pending().await };
        let result = done.await;
        self.done = None;
        result.unwrap_or(Err(AnalysisError::Broken))
    }
}
