//! Shows an administrator how a subject stands with the limits (`GET /lockouts?subject=`), and lifts them
//! (`DELETE /lockouts/{id}`): what was counted before does not count any more.

use aws_lambda_events::apigw::{ApiGatewayV2httpRequest, ApiGatewayV2httpResponse};
use jiff::{SignedDuration, Timestamp};
use prooflight_shared::adapters::{AwsClients, Limits, VerificationTable};
use prooflight_shared::domain::{Owner, StackKey, Standing, SubjectKey, failures_since};
use prooflight_shared::edge::{
    Answer, Caller, ConnectError, Failure, LambdaFunction, Problem, Scopes, answered, is_visible_ascii, path_parameter,
};
use prooflight_shared::environment::{self, Environment};
use prooflight_shared::fault::{Fault, FaultCode};
use prooflight_shared::invocation::Invocation;
use serde::Serialize;

/// The use case with its connection.
#[derive(Debug)]
pub struct LiftLockout {
    scopes: Scopes,
    table: VerificationTable,
    stack_key: StackKey,
}

/// What a lock-out's id begins with; the rest is the subject's keyed digest.
const ID_PREFIX: &str = "lck_";

/// The subject's own requests change the same item; between them there is room.
const TRIES: u8 = 6;

impl LambdaFunction for LiftLockout {
    const NAME: &'static str = "lift-lockout";
    type Event = ApiGatewayV2httpRequest;
    type Answer = ApiGatewayV2httpResponse;

    fn connect(environment: &Environment) -> Result<Self, ConnectError> {
        let clients = AwsClients::new(environment)?;
        Ok(Self {
            scopes: Scopes::of(environment),
            table: VerificationTable::new(clients.dynamodb(), environment.required(environment::TABLE_NAME)?),
            stack_key: StackKey::new(environment.identifier_key()?),
        })
    }

    async fn warm_up(&self) {
        self.table.warm_up().await;
    }

    fn request_id(event: &ApiGatewayV2httpRequest) -> Option<&str> {
        event.request_context.request_id.as_deref()
    }

    async fn handle(&self, request: ApiGatewayV2httpRequest, invocation: Invocation) -> Result<ApiGatewayV2httpResponse, Failure> {
        let answer = async {
            let caller = Caller::with_scope(&request, &self.scopes, "admin")?.owner;
            match request.route_key.as_deref() {
                Some("GET /lockouts") => self.show(&request, caller, invocation.now).await,
                Some("DELETE /lockouts/{id}") => self.lift(&request, invocation.now).await,
                _ => Err(Problem::NotFound),
            }
        };
        Ok(answered(Self::NAME, &invocation.request_id, answer).await)
    }
}

impl LiftLockout {
    async fn show(&self, request: &ApiGatewayV2httpRequest, caller: Owner, now: Timestamp) -> Result<Answer, Problem> {
        let subject = request.query_string_parameters.first("subject").filter(|subject| is_visible_ascii(subject, 256));
        let subject = subject.ok_or_else(|| Problem::Malformed("subject has to be given, 1 to 256 visible ASCII characters".to_owned()))?;
        let key = self.stack_key.subject(&Owner { issuer: caller.issuer, subject: subject.to_owned() });
        let limits = self.table.limits(&key).await?;
        Ok(Answer::json(200, &LockoutBody::of(&limits, now)))
    }

    async fn lift(&self, request: &ApiGatewayV2httpRequest, now: Timestamp) -> Result<Answer, Problem> {
        let key = path_parameter(request, "id").strip_prefix(ID_PREFIX).and_then(SubjectKey::parse).ok_or(Problem::NotFound)?;
        for _ in 0..TRIES {
            let limits = self.table.limits(&key).await?;
            if limits.attempts.is_empty() {
                return Err(Problem::NotFound);
            }
            if self.table.clear_limits(&limits, now).await?.is_some() {
                let mut lifted = limits;
                lifted.cleared_at = Some(now);
                return Ok(Answer::json(200, &LockoutBody::of(&lifted, now)));
            }
        }
        Err(Fault::bare(FaultCode::StoreContended, "lift a limit that others keep changing").into())
    }
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct LockoutBody {
    lockout_id: String,
    state: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    until: Option<Timestamp>,
    #[serde(rename = "failures24h")]
    failures_a_day: usize,
    #[serde(rename = "failures7d")]
    failures_a_week: usize,
}

impl LockoutBody {
    fn of(limits: &Limits, now: Timestamp) -> Self {
        let (state, until) = match limits.standing(now) {
            Standing::Free => ("free", None),
            Standing::RateLimited { until } => ("rate_limited", Some(until)),
            Standing::LockedOut { until } => ("locked_out", Some(until)),
            Standing::Blocked { until } => ("blocked", Some(until)),
        };
        let failures = |hours| {
            let since = now.checked_sub(SignedDuration::from_hours(hours)).unwrap_or(Timestamp::MIN);
            failures_since(&limits.attempts, limits.cleared_at, since, now)
        };
        let lockout_id = format!("{ID_PREFIX}{}", limits.subject.as_str());
        Self { lockout_id, state, until, failures_a_day: failures(24), failures_a_week: failures(24 * 7) }
    }
}
