//! What happens by itself as time goes by: messages are delivered, scheduled functions are invoked, items past their time to live and sessions past their life are
//! removed. It is looked after every minute, and at once when `/dev/clock` has moved the time.

use crate::aws::AwsEndpoint;
use crate::event_sources::EventSources;
use crate::rekognition::Rekognition;
use crate::schedules::Schedules;
use std::sync::Arc;
use std::time::Duration;
use tokio::time::MissedTickBehavior;

const EVERY: Duration = Duration::from_mins(1);

/// Whoever has something to do when time has passed.
#[derive(Clone)]
pub struct Timers {
    endpoint: Arc<AwsEndpoint>,
    rekognition: Arc<Rekognition>,
    schedules: Arc<Schedules>,
    sources: Arc<EventSources>,
}

impl std::fmt::Debug for Timers {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.debug_struct("Timers").finish_non_exhaustive()
    }
}

impl Timers {
    /// Timers on the clock of these four.
    pub fn new(endpoint: Arc<AwsEndpoint>, rekognition: Arc<Rekognition>, schedules: Arc<Schedules>, sources: Arc<EventSources>) -> Self {
        Self { endpoint, rekognition, schedules, sources }
    }

    /// Does what is due now, and returns when it is done.
    pub async fn run_due(&self) {
        // What a function is to see has to be there still: only then it is removed. Messages come first: in a leap of the clock they
        // would have been delivered long before whatever runs every few minutes.
        self.sources.run_due().await;
        self.schedules.run_due().await;
        let timers = self.clone();
        let swept = tokio::task::spawn_blocking(move || {
            timers.rekognition.sweep();
            timers.endpoint.sweep_ttl()
        });
        match swept.await {
            Ok(Ok(removed)) => tracing::debug!(removed, "items past their time to live"),
            Ok(Err(error)) => tracing::error!(%error, "items past their time to live could not be removed"),
            Err(error) => tracing::error!(%error, "a timer failed"),
        }
    }

    /// Does what is due, every minute, for ever, and delivers what event sources have in between.
    pub(crate) async fn run(self) {
        tokio::join!(self.sources.run(), self.run_every_minute());
    }

    async fn run_every_minute(&self) {
        let mut ticks = tokio::time::interval(EVERY);
        ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            ticks.tick().await;
            self.run_due().await;
        }
    }
}
