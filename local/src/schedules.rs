//! `EventBridge` Scheduler on one machine: the functions that `template.yaml` puts on a schedule are invoked when their time has come on the
//! movable clock. However far the clock has jumped, each is invoked once: what it does goes by the time, not by how often it is called.

use crate::clock::Clock;
use crate::gateway::{ACCOUNT, Function, Functions, REGION};
use crate::random::bytes;
use jiff::{SignedDuration, Timestamp};
use prooflight_shared::error_chain::ErrorChain;
use prooflight_shared::invocation::Invocation;
use serde_json::json;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

/// The schedules of the template.
#[derive(Debug)]
pub struct Schedules {
    clock: Arc<Clock>,
    functions: Functions,
    planned: Mutex<Vec<Planned>>,
}

#[derive(Debug, Clone)]
struct Planned {
    function: String,
    timeout: Duration,
    every: SignedDuration,
    next_at: Timestamp,
}

impl Schedules {
    /// The first time comes after a whole period, as on AWS ("Rate-based schedules", `EventBridge` Scheduler User Guide).
    pub fn new(deployed: &[Function], functions: Functions, clock: Arc<Clock>) -> Self {
        let now = clock.now();
        let plan = |function: &Function| {
            let every = function.schedule?;
            Some(Planned { function: function.name.clone(), timeout: function.timeout, every, next_at: after(now, every) })
        };
        let planned = deployed.iter().filter_map(plan).collect();
        Self { clock, functions, planned: Mutex::new(planned) }
    }

    /// Invokes what is due by now, one after the other, and returns when all have answered.
    pub async fn run_due(&self) {
        let now = self.clock.now();
        for planned in self.due(now) {
            if let Err(error) = self.invoke(&planned, now).await {
                tracing::error!(error = %ErrorChain(error.as_ref()), function = planned.function, "a scheduled function failed");
            }
        }
    }

    fn due(&self, now: Timestamp) -> Vec<Planned> {
        let mut planned = self.planned.lock().unwrap_or_else(PoisonError::into_inner);
        let mut due = Vec::new();
        for one in planned.iter_mut().filter(|one| one.next_at <= now) {
            one.next_at = after(now, one.every);
            due.push(one.clone());
        }
        due
    }

    async fn invoke(&self, planned: &Planned, now: Timestamp) -> Result<(), Box<dyn std::error::Error + Send + Sync>> {
        let id = uuid::Builder::from_random_bytes(bytes()?).into_uuid().to_string();
        let event = json!({
            "version": "0", "id": id, "detail-type": "Scheduled Event", "source": "aws.scheduler",
            "account": ACCOUNT, "region": REGION, "time": now.to_string(), "resources": [], "detail": "{}",
        });
        let invocation = Invocation::new(now, &id, bytes()?);
        self.functions.invoke(&planned.function, planned.timeout, event, invocation).await?;
        Ok(())
    }
}

/// A period as a schedule spells it: `rate(5 minutes)`; none for a spelling that is not supported here.
pub(crate) fn rate(expression: &str) -> Option<SignedDuration> {
    let (value, unit) = expression.strip_prefix("rate(")?.strip_suffix(')')?.split_once(' ')?;
    let value: i64 = value.parse().ok().filter(|value| (1..=10_000).contains(value))?;
    match unit {
        "minute" | "minutes" => Some(SignedDuration::from_mins(value)),
        "hour" | "hours" => Some(SignedDuration::from_hours(value)),
        "day" | "days" => Some(SignedDuration::from_hours(24 * value)),
        _ => None,
    }
}

fn after(start: Timestamp, span: SignedDuration) -> Timestamp {
    start.checked_add(span).unwrap_or(Timestamp::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::atomic::{AtomicUsize, Ordering};

    #[test]
    fn a_rate_is_a_number_and_a_unit() {
        for (expression, expected) in [
            ("rate(5 minutes)", Some(SignedDuration::from_mins(5))),
            ("rate(1 hour)", Some(SignedDuration::from_hours(1))),
            ("rate(2 days)", Some(SignedDuration::from_hours(48))),
            ("rate(0 minutes)", None),
            ("rate(5 fortnights)", None),
            ("cron(0 12 * * ? *)", None),
            ("", None),
        ] {
            assert_eq!(rate(expression), expected, "{expression}");
        }
    }

    #[tokio::test]
    async fn a_schedule_is_kept_on_the_movable_clock_and_a_jump_counts_once() {
        let clock = Arc::new(Clock::ephemeral());
        let invoked = Arc::new(AtomicUsize::new(0));
        let mut functions = Functions::default();
        let counter = Arc::clone(&invoked);
        functions.insert("tidy", move |event, _| {
            let counter = Arc::clone(&counter);
            async move {
                assert_eq!(event["source"], "aws.scheduler");
                counter.fetch_add(1, Ordering::Relaxed);
                Ok(event)
            }
        });
        let mut deployed = vec![Function { name: "tidy".into(), timeout: Duration::from_secs(5), ..Function::default() }];
        deployed[0].schedule = rate("rate(5 minutes)");
        let schedules = Schedules::new(&deployed, functions, Arc::clone(&clock));
        let mut counts = Vec::new();
        for seconds in [0, 299, 2, 0, 3600] {
            clock.advance(seconds).expect("moved");
            schedules.run_due().await;
            counts.push(invoked.load(Ordering::Relaxed));
        }
        assert_eq!(counts, [0, 0, 1, 1, 2]);
    }
}
