//! The recorded sessions of the real component, as this library's types.

use prooflight_vision::{Account, Challenge, ColorShown, ColorStep, Oval, Size};
use serde::Deserialize;
use std::path::Path;

/// One recorded session.
pub(crate) struct Capture {
    /// What the server sent.
    pub(crate) challenge: Challenge,
    /// What the client reported.
    pub(crate) account: Account,
    /// The whole recording.
    pub(crate) video: Vec<u8>,
    chunk_sizes: Vec<usize>,
}

impl Capture {
    /// One session.
    pub(crate) fn load(folder: &Path, name: &str) -> Self {
        let folder = folder.join(name);
        let session: Session = serde_json::from_slice(&std::fs::read(folder.join("events.json")).expect("events.json")).expect("its shape");
        let video = ["video.webm", "video.mkv"].iter().find_map(|file| std::fs::read(folder.join(file)).ok()).expect("a video");
        let (colors, sent) = match session.challenge {
            Union::FaceMovementAndLightChallenge(sent) => (sent.color_sequences.clone(), sent),
            Union::FaceMovementChallenge(sent) => (Vec::new(), sent),
        };
        let challenge = Challenge {
            frame: Size { width: 480, height: 360 },
            oval: Oval {
                width: sent.oval_parameters.width,
                height: sent.oval_parameters.height,
                center_x: sent.oval_parameters.center_x,
                center_y: sent.oval_parameters.center_y,
            },
            colors: colors
                .iter()
                .map(|step| ColorStep {
                    rgb: step.freshness_color.rgb,
                    downscroll_ms: step.downscroll_duration,
                    flat_ms: step.flat_display_duration,
                })
                .collect(),
        };
        let (mut account, mut chunk_sizes) = (Account::default(), Vec::new());
        for frame in session.frames {
            if let Some(chunk) = frame.payload.video_chunk {
                let size = chunk.trim_start_matches("<base64 of ").trim_end_matches(" bytes>");
                chunk_sizes.push(size.parse().expect("a size"));
            }
            if let Some(Union::FaceMovementAndLightChallenge(event) | Union::FaceMovementChallenge(event)) = frame.payload.challenge {
                account.video_start_ms = event.video_start_timestamp.unwrap_or(account.video_start_ms);
                account.video_end_ms = event.video_end_timestamp.unwrap_or(account.video_end_ms);
                account.target_reached_ms =
                    event.target_face.map(|target| target.face_detected_in_target_position_start_timestamp).or(account.target_reached_ms);
                account.colors.extend(event.color_displayed.map(|shown| ColorShown {
                    sequence: shown.sequence_number,
                    current: shown.current_color.rgb,
                    previous: Some(shown.previous_color.rgb),
                    at_ms: shown.current_color_start_timestamp,
                }));
            }
        }
        Self { challenge, account, video, chunk_sizes }
    }

    /// The recording in the chunks in which it came.
    pub(crate) fn chunks(&self) -> Vec<&[u8]> {
        let mut rest = self.video.as_slice();
        let mut chunks = Vec::new();
        for &size in &self.chunk_sizes {
            let (chunk, after) = rest.split_at(size);
            chunks.push(chunk);
            rest = after;
        }
        assert!(rest.is_empty(), "the chunks are the whole video");
        chunks
    }
}

#[derive(Deserialize)]
struct Session {
    challenge: Union<Sent>,
    frames: Vec<Frame>,
}

#[derive(Deserialize)]
enum Union<T> {
    FaceMovementAndLightChallenge(T),
    FaceMovementChallenge(T),
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Sent {
    oval_parameters: OvalParameters,
    #[serde(default)]
    color_sequences: Vec<Step>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct OvalParameters {
    width: f32,
    height: f32,
    center_x: f32,
    center_y: f32,
}

#[derive(Deserialize, Clone)]
#[serde(rename_all = "PascalCase")]
struct Step {
    freshness_color: Rgb,
    downscroll_duration: u32,
    flat_display_duration: u32,
}

#[derive(Deserialize, Clone, Copy)]
struct Rgb {
    #[serde(rename = "RGB")]
    rgb: [u8; 3],
}

#[derive(Deserialize)]
struct Frame {
    payload: Payload,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Payload {
    video_chunk: Option<String>,
    challenge: Option<Union<Event>>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Event {
    video_start_timestamp: Option<i64>,
    video_end_timestamp: Option<i64>,
    color_displayed: Option<Shown>,
    target_face: Option<Target>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Target {
    face_detected_in_target_position_start_timestamp: i64,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Shown {
    current_color: Rgb,
    previous_color: Rgb,
    sequence_number: u32,
    current_color_start_timestamp: i64,
}
