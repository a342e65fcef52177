//! Facts from recorded answers, through the SDK's own seam: a connector in the place of the network. The answers are written by hand from
//! the API references (`answers.txt`); what a real account says may differ where a reference is wrong.

use super::aws::Aws;
use super::finding::is_sound;
use super::judge::judge;
use super::reading::{Subject, read};
use aws_credential_types::Credentials;
use aws_smithy_runtime_api::client::http::{HttpConnector, HttpConnectorFuture, SharedHttpConnector};
use aws_smithy_runtime_api::client::orchestrator::{HttpRequest, HttpResponse};
use aws_smithy_runtime_api::client::result::ConnectorError;
use aws_smithy_runtime_api::http::StatusCode;
use aws_smithy_types::body::SdkBody;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex};
use std::time::{Duration, UNIX_EPOCH};

/// Fri, 27 Nov 2026 05:30:00 GMT.
const NOW: u64 = 1_795_757_400;

/// An answer: status and body; without a status nobody answers.
type Answer = (u16, String);

/// Answers by what is asked for: a form's action and its role, stack page or key; a target; or a path with its host.
#[derive(Debug, Clone)]
struct Recorded {
    answers: BTreeMap<String, Vec<Answer>>,
    date: &'static str,
    asked: Arc<Mutex<Vec<String>>>,
}

/// What stands in a file of answers: what is asked, the status, 200 where there is none, and the body.
fn blocks(file: &'static str) -> impl Iterator<Item = (&'static str, u16, &'static str)> {
    file.split("\n### ").skip(1).map(|block| {
        let (head, body) = block.split_once('\n').unwrap_or((block, ""));
        let status = head.rsplit_once(' ').filter(|(_, last)| last.len() == 3);
        match status.and_then(|(key, last)| Some((key, last.parse().ok()?))) {
            Some((key, status)) => (key, status, body.trim()),
            None => (head, 200, body.trim()),
        }
    })
}

impl Recorded {
    fn well() -> Self {
        let mut answers = BTreeMap::new();
        for (key, status, body) in blocks(include_str!("answers.txt")) {
            answers.insert(key.to_owned(), vec![(status, body.to_owned())]);
        }
        Self { answers, date: "Fri, 27 Nov 2026 05:30:00 GMT", asked: Arc::default() }
    }

    /// With another answer in one place.
    fn but(mut self, key: &str, status: u16, body: &str) -> Self {
        assert!(self.answers.insert(key.to_owned(), vec![(status, body.to_owned())]).is_some(), "{key} is never asked");
        self
    }

    async fn codes(&self) -> BTreeSet<&'static str> {
        let facts = self.read("app").await.unwrap();
        judge(&facts).iter().map(|finding| finding.code).collect()
    }

    async fn read(&self, stack: &str) -> super::facts::Fact<super::facts::Facts> {
        let credentials = Credentials::new("AKIAEXAMPLE", "secret", Some("token".to_owned()), None, "tests");
        let now = UNIX_EPOCH + Duration::from_secs(NOW);
        let aws = Aws::over(SharedHttpConnector::new(self.clone()), credentials, BTreeMap::new(), now);
        read(aws, &Subject { region: "eu-west-1".to_owned(), stack: Some(stack.to_owned()), parameters: BTreeMap::new() }).await
    }

    /// What a request asks for.
    fn key(request: &HttpRequest) -> String {
        let body = String::from_utf8_lossy(request.body().bytes().unwrap_or_default()).into_owned();
        let field = |name: &str| body.split('&').find_map(|field| field.strip_prefix(&format!("{name}="))).map(str::to_owned);
        let place = |target: &str| {
            let parsed: serde_json::Value = serde_json::from_str(&body).unwrap_or_default();
            let names = ["KeyId", "NextToken", "nextToken"].iter().find_map(|name| parsed[name].as_str());
            names.map_or(target.to_owned(), |name| format!("{target} {}", name.rsplit('/').next().unwrap()))
        };
        match (request.headers().get("x-amz-target"), field("Action")) {
            (Some(target), _) => place(target),
            (_, Some(action)) => {
                let more = field("RoleName").or_else(|| field("NextToken"));
                more.map_or(format!("form {action}"), |more| format!("form {action} {more}"))
            }
            _ => format!("path {}", request.uri().strip_prefix("https://").unwrap()),
        }
    }
}

impl HttpConnector for Recorded {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        let key = Self::key(&request);
        let mut asked = self.asked.lock().unwrap();
        let before = asked.iter().filter(|one| **one == key).count();
        asked.push(key.clone());
        let signed = request.headers().get("authorization").is_some() && request.headers().get("x-amz-security-token") == Some("token");
        assert!(signed, "{key} is not signed");
        let answers = self.answers.get(&key).unwrap_or_else(|| panic!("no answer to {key}"));
        let (status, body) = answers.get(before).or(answers.last()).unwrap();
        if *status == 0 {
            return HttpConnectorFuture::ready(Err(ConnectorError::io("no such host".into())));
        }
        let mut response = HttpResponse::new(StatusCode::try_from(*status).unwrap(), SdkBody::from(body.clone()));
        response.headers_mut().insert("date", self.date);
        HttpConnectorFuture::ready(Ok(response))
    }
}

const NOTHING: [&str; 1] = ["liveness_quotas"];

#[tokio::test]
async fn nothing_is_found_in_the_answers_about_a_stack_that_is_well() {
    let recorded = Recorded::well();
    let facts = recorded.read("app").await.unwrap();
    assert_eq!(judge(&facts).iter().map(|finding| finding.code).collect::<Vec<_>>(), NOTHING, "{:#?}", judge(&facts));
    let asked: BTreeSet<String> = recorded.asked.lock().unwrap().iter().cloned().collect();
    assert_eq!(asked, recorded.answers.keys().cloned().collect(), "every answer was asked for, and no other");
    assert!(is_sound(&judge(&facts)));
    assert!(!format!("{facts:?}").contains("a secret that nobody is told"));
}

#[tokio::test]
async fn what_is_wrong_is_found_in_the_answers() {
    let wrong: Vec<_> = blocks(include_str!("wrong.txt")).collect();
    assert!(wrong.len() > 30);
    for (head, status, body) in wrong {
        let (code, key) = head.split_once(' ').unwrap();
        let expected: BTreeSet<_> = NOTHING.into_iter().chain([code]).collect();
        assert_eq!(Recorded::well().but(key, status, body).codes().await, expected, "{head} {status}");
    }
}

/// The policy in the documentation allows every question, and no other operation.
#[tokio::test]
async fn whoever_is_refused_a_question_is_told_the_permission() {
    let said = "not authorized to perform";
    let in_json = format!(r#"{{"__type":"AccessDeniedException","Message":"{said}"}}"#);
    let in_xml = format!("<ErrorResponse><Error><Code>AccessDenied</Code><Message>{said}</Message></Error></ErrorResponse>");
    let mut permissions = BTreeSet::new();
    // Anybody may ask who they are, and no question goes to the stream.
    let free = |key: &str| key.contains("GetCallerIdentity") || key.contains("streaming-rekognition");
    for key in Recorded::well().answers.keys().filter(|key| !free(key)) {
        let xml = key.starts_with("form ") || key.contains("path s3.");
        let refused = Recorded::well().but(key, 403, if xml { &in_xml } else { &in_json });
        match refused.read("app").await {
            Err(unread) => permissions.insert(unread.operation),
            Ok(facts) => {
                let findings = judge(&facts);
                let told = findings.iter().find(|finding| finding.code == "not_read").unwrap_or_else(|| panic!("{key}: not told"));
                assert!(told.found.starts_with("AccessDenied") && !is_sound(&findings), "{key}: {told:?}");
                permissions.insert(told.subject.clone())
            }
        };
    }
    let operations = include_str!("../../../../docs/OPERATIONS.md");
    let policy = operations.split("## Is it right?").nth(1).unwrap().split("```json").nth(1).unwrap().split("```").next().unwrap();
    let policy: serde_json::Value = serde_json::from_str(policy).unwrap();
    let statements = policy["Statement"].as_array().unwrap().iter();
    let allowed =
        statements.flat_map(|statement| statement["Action"].as_array().unwrap()).map(|action| action.as_str().unwrap().to_owned());
    assert_eq!(permissions, allowed.collect());
}

#[tokio::test]
async fn a_clock_that_is_wrong_is_told_and_what_is_signed_is_put_right() {
    let mut recorded = Recorded::well();
    recorded.date = "Fri, 27 Nov 2026 05:40:00 GMT";
    let refused = "<ErrorResponse><Error><Code>SignatureDoesNotMatch</Code><Message>Signature expired</Message></Error></ErrorResponse>";
    recorded.answers.get_mut("form GetCallerIdentity").unwrap().insert(0, (403, refused.to_owned()));
    let facts = recorded.read("app").await.unwrap();
    assert_eq!(facts.clock_ahead, Ok(600));
    assert!(judge(&facts).iter().any(|finding| finding.code == "clock_skewed" && finding.found.contains("600 seconds behind")));
}

#[tokio::test]
async fn who_is_throttled_asks_again() {
    let mut recorded = Recorded::well();
    let slower = "<ErrorResponse><Error><Code>Throttling</Code><Message>Rate exceeded</Message></Error></ErrorResponse>";
    recorded.answers.get_mut("form GetRole app-Create").unwrap().insert(0, (400, slower.to_owned()));
    assert_eq!(recorded.codes().await, NOTHING.into());
}

#[tokio::test]
async fn without_credentials_or_a_stack_nothing_is_judged() {
    let expired = "<ErrorResponse><Error><Code>ExpiredToken</Code><Message>expired</Message></Error></ErrorResponse>";
    let unread = Recorded::well().but("form GetCallerIdentity", 403, expired).read("app").await.unwrap_err();
    assert_eq!((unread.operation.as_str(), unread.code.as_str()), ("sts:GetCallerIdentity", "ExpiredToken"));
    let none =
        "<ErrorResponse><Error><Code>ValidationError</Code><Message>Stack with id app does not exist</Message></Error></ErrorResponse>";
    let unread = Recorded::well().but("form DescribeStacks", 400, none).read("app").await.unwrap_err();
    assert_eq!((unread.operation.as_str(), unread.code.as_str()), ("cloudformation:DescribeStacks", "no stack is called app in eu-west-1"));
    let unread = Recorded::well().but("form GetCallerIdentity", 0, "").read("app").await.unwrap_err();
    assert_eq!(unread.code, "no connection");
}
