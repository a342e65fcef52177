//! Tells the world what became of a verification: every write of the table arrives here in its stream, and what it means follows from the
//! document before and after it. The workflow that waits is resumed, then an event is put on the bus. A record that cannot be told is
//! reported and comes again, alone or with those behind it; all of them may, for what is told twice is told the same.

mod record;

use aws_lambda_events::event::dynamodb::Event;
use aws_lambda_events::event::streams::{DynamoDbBatchItemFailure, DynamoDbEventResponse};
use futures_util::future::join_all;
use prooflight_shared::adapters::{AwsClients, EventBus, MOST_EVENTS_AT_ONCE, Taken, Workflows};
use prooflight_shared::domain::{self, EventKind, Publication, Status, TaskAnswer, TaskToken};
use prooflight_shared::edge::{ConnectError, Failure, LambdaFunction, Problem};
use prooflight_shared::environment::{self, Environment};
use prooflight_shared::fault::Fault;
use prooflight_shared::invocation::Invocation;
use record::publication;

/// The use case with its connections.
#[derive(Debug)]
pub struct PublishDecision {
    bus: EventBus,
    workflows: Workflows,
}

/// What was done with a batch.
#[derive(Debug, Default)]
struct Report {
    /// Events that the bus took.
    events: usize,
    /// Those of them that told of an approval.
    approvals: usize,
    /// Steps that go on.
    resumed: usize,
    /// Steps that nobody waited in any more: told before, timed out, or ended.
    too_late: usize,
    /// Sequence numbers of the records that have to come again.
    failed: Vec<String>,
}

impl LambdaFunction for PublishDecision {
    const NAME: &'static str = "publish-decision";
    type Event = Event;
    type Answer = DynamoDbEventResponse;

    fn connect(environment: &Environment) -> Result<Self, ConnectError> {
        let clients = AwsClients::new(environment)?;
        let bus = EventBus::new(clients.eventbridge(), environment.required(environment::EVENT_BUS_NAME)?);
        Ok(Self { bus, workflows: Workflows::new(clients.sfn()) })
    }

    async fn warm_up(&self) {
        self.bus.warm_up().await;
    }

    async fn handle(&self, batch: Event, _invocation: Invocation) -> Result<DynamoDbEventResponse, Failure> {
        let report = self.publish(batch).await;
        let Report { events, approvals, resumed, too_late, failed } = &report;
        if events + resumed + too_late + failed.len() > 0 {
            // `template.yaml` makes a metric of `approvals`: what a session costs is measured by it.
            tracing::info!(events, approvals, resumed, too_late, failed = failed.len(), "published");
        }
        let mut response = DynamoDbEventResponse::default();
        response.batch_item_failures = report.failed.into_iter().map(failure).collect();
        Ok(response)
    }
}

impl PublishDecision {
    /// Every record is tried, whatever becomes of those before it: what lies behind one that nobody can read is told in time.
    async fn publish(&self, batch: Event) -> Report {
        let mut report = Report::default();
        let mut events: Vec<(String, domain::Event)> = Vec::new();
        for record in batch.records {
            let sequence_number = record.change.sequence_number.clone().unwrap_or_default();
            let told = match publication(record) {
                Ok(Publication { waited, answer, event }) => {
                    let resumed = self.resume(&waited, answer.as_ref(), &mut report).await;
                    resumed.map(|()| event)
                }
                Err(fault) => Err(fault),
            };
            match told {
                Ok(event) => events.extend(event.map(|event| (sequence_number, event))),
                Err(fault) => report.failed(sequence_number, fault),
            }
        }
        for some in events.chunks(MOST_EVENTS_AT_ONCE) {
            let put = self.bus.put(&some.iter().map(|(_, event)| event).collect::<Vec<_>>()).await;
            match put {
                Ok(refused) => {
                    for (at, (sequence_number, event)) in some.iter().enumerate() {
                        if refused.contains(&at) {
                            report.failed.push(sequence_number.clone());
                        } else {
                            report.told(event);
                        }
                    }
                }
                Err(fault) => {
                    Problem::from(fault).log();
                    report.failed.extend(some.iter().map(|(sequence_number, _)| sequence_number.clone()));
                }
            }
        }
        report
    }

    /// Answers every step that has waited. One of them is alive; the others are earlier tries of the same step.
    async fn resume(&self, waited: &[TaskToken], answer: Option<&TaskAnswer>, report: &mut Report) -> Result<(), Fault> {
        let Some(answer) = answer else { return Ok(()) };
        for taken in join_all(waited.iter().map(|token| self.workflows.answer(token, answer))).await {
            match taken? {
                Taken::Yes => report.resumed += 1,
                Taken::TooLate => report.too_late += 1,
            }
        }
        Ok(())
    }
}

fn failure(sequence_number: String) -> DynamoDbBatchItemFailure {
    let mut failure = DynamoDbBatchItemFailure::default();
    failure.item_identifier = Some(sequence_number);
    failure
}

impl Report {
    fn told(&mut self, event: &domain::Event) {
        let is_approval = event.kind == EventKind::Decided && event.told.as_ref().is_some_and(|told| told.status == Status::Approved);
        self.events += 1;
        self.approvals += usize::from(is_approval);
    }

    fn failed(&mut self, sequence_number: String, fault: Fault) {
        Problem::from(fault).log();
        self.failed.push(sequence_number);
    }
}
