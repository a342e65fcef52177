//! One streamed session: waits for the challenge, lets it be performed, and sends what the component would send, when it would send it.

use super::CheckError;
use super::api::{Api, Opened};
use super::options::Options;
use super::performance::{Cast, Performance};
use super::stream::{Said, Stream, now};
use crate::scene::Recording;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use prooflight_vision::{Account, Challenge, ColorStep, Oval, Size};
use serde_json::{Value, json};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

const VIDEO: &str = "VideoEvent";
const INFORMATION: &str = "ClientSessionInformationEvent";

/// Longer than any verdict takes.
const PATIENCE: Duration = Duration::from_mins(1);

/// Performs a session and returns its recording.
pub(super) async fn perform(api: &Api, options: &Options, opened: &Opened, cast: Cast) -> Result<Recording, CheckError> {
    let mut stream = Stream::open(api, opened, options.size).await?;
    let Said::Challenge(challenge) = stream.receive().await? else { return Err(CheckError::Unexpected("opening the stream")) };
    let (kind, challenge) = read(&challenge, options.size).ok_or(CheckError::Unexpected("opening the stream"))?;
    let (began, start) = (now(), Instant::now());
    let began_ms = began.duration_since(UNIX_EPOCH).map_or(0, |since| since.as_millis() as i64);
    let mut performance = Performance::begin(cast, options, challenge.clone());
    let account = performance.account(began_ms);
    let mut told = Told {
        kind,
        id: uuid::Builder::from_random_bytes(fastrand::u128(..).to_le_bytes()).into_uuid().to_string(),
        initial: performance.initial_box(),
        challenge,
        account,
        began_ms,
    }
    .events();
    told.sort_by_key(|(at, _)| *at);
    told.reverse();

    let clock = Clock { began, start, throttled: !options.unthrottled };
    let end = account_length(&performance, began_ms);
    let mut number = 0;
    while let Some(chunk) = performance.next_chunk().await? {
        number += 1;
        let due = (1000 * number).min(end);
        // The recorder hands out its first second before the component tells that it has begun.
        if number > 1 {
            tell(&mut stream, &clock, &mut told, due).await?;
        }
        video(&mut stream, &clock, due, began_ms, &chunk).await?;
    }
    tell(&mut stream, &clock, &mut told, i64::MAX).await?;
    video(&mut stream, &clock, end, began_ms, &[]).await?;
    let said = tokio::time::timeout(PATIENCE, stream.receive()).await;
    match said {
        Ok(Ok(Said::Goodbye)) => Ok(performance.into_recording()),
        Ok(Ok(Said::Challenge(_))) => Err(CheckError::Unexpected("the stream")),
        Ok(Err(error)) => Err(error),
        Err(_) => Err(CheckError::connection("the stream", "no verdict came within a minute")),
    }
}

fn account_length(performance: &Performance, began_ms: i64) -> i64 {
    performance.account(began_ms).video_end_ms - began_ms
}

/// Sends what has happened up to `due`.
async fn tell(stream: &mut Stream, clock: &Clock, told: &mut Vec<(i64, Value)>, due: i64) -> Result<(), CheckError> {
    while let Some((at, event)) = told.pop_if(|(at, _)| *at <= due) {
        clock.wait(at).await;
        stream.send(INFORMATION, &event, clock.at(at)).await?;
    }
    Ok(())
}

async fn video(stream: &mut Stream, clock: &Clock, at: i64, began_ms: i64, chunk: &[u8]) -> Result<(), CheckError> {
    clock.wait(at).await;
    let event = json!({"VideoChunk": BASE64.encode(chunk), "TimestampMillis": began_ms + at});
    stream.send(VIDEO, &event, clock.at(at)).await
}

/// The time of the performance: that of the wall, unless it goes as fast as it can.
struct Clock {
    began: SystemTime,
    start: Instant,
    throttled: bool,
}

impl Clock {
    fn at(&self, ms: i64) -> SystemTime {
        self.began + Duration::from_millis(ms.max(0) as u64)
    }

    async fn wait(&self, ms: i64) {
        if self.throttled {
            tokio::time::sleep_until((self.start + Duration::from_millis(ms.max(0) as u64)).into()).await;
        }
    }
}

/// What the client tells of the challenge.
struct Told {
    kind: String,
    id: String,
    initial: [f64; 4],
    challenge: Challenge,
    account: Account,
    began_ms: i64,
}

impl Told {
    /// Every event with its time since the beginning.
    fn events(self) -> Vec<(i64, Value)> {
        let Account { video_start_ms, video_end_ms, target_reached_ms, colors } = &self.account;
        let [left, top, width, height] = self.initial;
        let initial = json!({
            "BoundingBox": {"Width": width, "Height": height, "Left": left, "Top": top},
            "InitialFaceDetectedTimestamp": video_start_ms + 11,
        });
        let of = |mut body: Value| {
            body["ChallengeId"] = json!(self.id);
            json!({"Challenge": {self.kind.as_str(): body}})
        };
        let mut events = vec![(1060, of(json!({"VideoStartTimestamp": video_start_ms, "InitialFace": initial})))];
        for color in colors {
            let displayed = json!({
                "CurrentColor": {"RGB": color.current},
                "SequenceNumber": color.sequence,
                "CurrentColorStartTimestamp": color.at_ms,
                "PreviousColor": {"RGB": color.previous.unwrap_or_default()},
            });
            events.push((color.at_ms - self.began_ms + 4, of(json!({ "ColorDisplayed": displayed }))));
        }
        let Oval { width, height, center_x, center_y } = self.challenge.oval;
        let (wide, high) = (self.challenge.frame.width as f32, self.challenge.frame.height as f32);
        let target = json!({
            "BoundingBox": {"Width": width / wide, "Height": height / high, "Left": (center_x - width / 2.0) / wide, "Top": (center_y - height / 2.0) / high},
            "FaceDetectedInTargetPositionStartTimestamp": target_reached_ms,
            "FaceDetectedInTargetPositionEndTimestamp": target_reached_ms,
        });
        let end = json!({"VideoEndTimestamp": video_end_ms, "InitialFace": initial, "TargetFace": target});
        events.push(((video_end_ms - self.began_ms).max(1061) + 1, of(end)));
        events
    }
}

/// The challenge that the server sent, and the name of its kind.
fn read(challenge: &Value, frame: Size) -> Option<(String, Challenge)> {
    let (kind, body) = challenge.as_object()?.iter().next()?;
    let oval = &body["OvalParameters"];
    let number = |name: &str| oval[name].as_f64().map(|number| number as f32);
    let step = |color: &Value| {
        let whole = |value: &Value| value.as_u64().and_then(|number| u32::try_from(number).ok());
        Some(ColorStep {
            rgb: serde_json::from_value(color["FreshnessColor"]["RGB"].clone()).ok()?,
            downscroll_ms: whole(&color["DownscrollDuration"])?,
            flat_ms: whole(&color["FlatDisplayDuration"])?,
        })
    };
    let colors = body["ColorSequences"].as_array().map(Vec::as_slice).unwrap_or_default();
    let oval = Oval { width: number("Width")?, height: number("Height")?, center_x: number("CenterX")?, center_y: number("CenterY")? };
    Some((kind.clone(), Challenge { frame, oval, colors: colors.iter().map(step).collect::<Option<_>>()? }))
}
