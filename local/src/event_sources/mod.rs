//! Lambda's event source mappings on one machine: what `template.yaml` connects to a function is read and delivered to it, as time goes
//! by and at once when `/dev/clock` has moved the time.

mod filter;
mod queue;
mod stream;

pub(crate) use filter::Filter;
pub(crate) use stream::{StreamDelivery, StreamSource};

use crate::aws::AwsEndpoint;
use crate::clock::Clock;
use crate::gateway::{Deployment, Functions};
use queue::QueueMapping;
use std::sync::Arc;
use std::time::Duration;
use tokio::time::MissedTickBehavior;

/// Looking is cheap, and nobody waits for a delivery.
const EVERY: Duration = Duration::from_millis(200);
const PATIENCE: Duration = Duration::from_mins(1);

/// Every event source of the template.
#[derive(Debug)]
pub struct EventSources {
    queues: Vec<Arc<QueueMapping>>,
}

impl EventSources {
    /// The sources of the deployment, with the functions that they invoke.
    pub fn new(deployment: &Deployment, endpoint: &AwsEndpoint, functions: &Functions, clock: &Arc<Clock>) -> Self {
        let mapping = |source| Arc::new(QueueMapping::new(source, endpoint.queues(), functions.clone(), Arc::clone(clock)));
        Self { queues: deployment.queue_sources.iter().cloned().map(mapping).collect() }
    }

    /// Delivers what is due by now, and returns when all of it has been handled, or given back; side by side, and what takes longer than
    /// a minute goes on by itself: a receiver of webhooks that hangs holds up neither schedules nor whoever moves the clock.
    pub async fn run_due(&self) {
        let all = futures_util::future::join_all(self.queues.iter().map(QueueMapping::deliver_all));
        let _in_time = tokio::time::timeout(PATIENCE, all).await;
    }

    /// Delivers what becomes due, for ever.
    pub(crate) async fn run(&self) {
        // Each by itself: a queue whose places are taken holds up nobody else.
        let each = self.queues.iter().map(|queue| async {
            let mut ticks = tokio::time::interval(EVERY);
            ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
            loop {
                ticks.tick().await;
                queue.deliver().await;
            }
        });
        futures_util::future::join_all(each).await;
    }
}
