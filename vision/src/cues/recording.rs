//! Is the recording what the client says it is? Values: `recording.length` by how many milliseconds it is longer than the client claims
//! (negative: shorter); `recording.size` how well its size fits the one that was announced (1: the same; else the smaller of the two
//! ratios of width and of height, taken as a fraction); `recording.decoded` the share of the container's packets that became a picture.

use super::{judged, rising, unmeasured};
use crate::track::Track;
use crate::{Account, Challenge, Cue, Size};

pub(super) fn cues(track: &Track, challenge: &Challenge, account: &Account) -> [Cue; 3] {
    [length(track, account), size(track, challenge.frame), decoded(track)]
}

/// The component's recordings were 10 to 250 ms longer than it told. A slow machine loses a tail (what it may lose before the recording is refused is
/// in `analysis`); a file that somebody made beforehand has the length that it has.
#[expect(clippy::cast_possible_truncation, clippy::cast_precision_loss, reason = "milliseconds within an hour")]
fn length(track: &Track, account: &Account) -> Cue {
    let claimed = account.video_end_ms.saturating_sub(account.video_start_ms) as f32;
    if claimed <= 0.0 {
        return unmeasured("recording.length", "the client does not tell how long it recorded");
    }
    let longer = track.length_ms as f32 - claimed;
    let said = format!(
        "The recording lasts {:.0} ms and the client claims {claimed:.0} ms; honest ones differ by less than 500 ms.",
        track.length_ms
    );
    let too_long = 1.0 / (1.0 + ((longer - 1000.0) / 100.0).exp());
    let too_short = 1.0 / (1.0 + ((-longer - 1200.0) / 120.0).exp());
    judged("recording.length", longer, too_long.min(too_short), said)
}

/// A camera that was turned may swap its sides; a recorder may halve both. A file of its own has any other size.
#[expect(clippy::cast_precision_loss, reason = "sides of a few thousand pixels")]
fn size(track: &Track, announced: Size) -> Cue {
    let [width, height] = track.size;
    if width <= 0.0 || announced.width == 0 || announced.height == 0 {
        return unmeasured("recording.size", "there is no picture to measure");
    }
    let (along, down) = (width / announced.width as f32, height / announced.height as f32);
    let said =
        format!("The recording has {width:.0} by {height:.0} pixels; the client announced {} by {}.", announced.width, announced.height);
    let fit = [along, 1.0 / along, down, 1.0 / down].into_iter().fold(1.0, f32::min);
    // The same shape at another scale is odd; another shape is another camera.
    let same_shape = (along / down - 1.0).abs() < 0.02;
    let swapped = (width * announced.width as f32 - height * announced.height as f32).abs() < 0.02 * width * announced.width as f32;
    let likelihood = match fit {
        fit if fit > 0.99 => 1.0,
        _ if same_shape || swapped => 0.9,
        _ => 0.2,
    };
    judged("recording.size", fit, likelihood, said)
}

/// Both codecs of a browser give a picture for each packet. A few that are only for reference, or lost at the very end, are usual.
#[expect(clippy::cast_precision_loss, reason = "a few thousand packets")]
fn decoded(track: &Track) -> Cue {
    if track.packets == 0 {
        return unmeasured("recording.decoded", "the container holds no packet");
    }
    let share = track.frames as f32 / track.packets as f32;
    let said = format!("{} packets gave {} pictures; a browser's recorder makes one of each.", track.packets, track.frames);
    rising("recording.decoded", share, 0.6, 0.05, said)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Oval;

    fn track(length_ms: f64, size: [f32; 2], packets: u32) -> Track {
        Track { size, frames: 150, packets, length_ms, ..Track::default() }
    }

    fn likelihoods(track: &Track, claimed_ms: i64) -> [f32; 3] {
        let oval = Oval { width: 200.0, height: 320.0, center_x: 240.0, center_y: 180.0 };
        let challenge = Challenge { frame: Size { width: 640, height: 480 }, oval, colors: Vec::new() };
        let account = Account { video_start_ms: 1000, video_end_ms: 1000 + claimed_ms, ..Account::default() };
        cues(track, &challenge, &account).map(|cue| cue.likelihood)
    }

    #[test]
    fn what_differs_from_what_was_told_speaks_against_it() {
        const VGA: [f32; 2] = [640.0, 480.0];
        for (name, track, claimed_ms, low, high) in [
            ("as told", track(6080.0, VGA, 150), 6000, [0.99; 3], [1.0; 3]),
            ("a little short, a picture lost", track(5600.0, VGA, 151), 6000, [0.98; 3], [1.0; 3]),
            ("half a second longer", track(6500.0, VGA, 150), 6000, [0.98; 3], [1.0; 3]),
            ("two seconds longer", track(8000.0, VGA, 150), 6000, [0.0, 0.99, 0.99], [0.01, 1.0, 1.0]),
            ("two seconds shorter", track(4000.0, VGA, 150), 6000, [0.0, 0.99, 0.99], [0.01, 1.0, 1.0]),
            ("nothing told", track(6000.0, VGA, 150), 0, [0.89, 0.99, 0.99], [0.91, 1.0, 1.0]),
            ("turned", track(6000.0, [480.0, 640.0], 150), 6000, [0.99, 0.85, 0.99], [1.0, 0.95, 1.0]),
            ("half the size", track(6000.0, [320.0, 240.0], 150), 6000, [0.99, 0.85, 0.99], [1.0, 0.95, 1.0]),
            ("another shape", track(6000.0, [1280.0, 720.0], 150), 6000, [0.99, 0.0, 0.99], [1.0, 0.3, 1.0]),
            ("three packets a picture", track(6000.0, VGA, 450), 6000, [0.99, 0.99, 0.0], [1.0, 1.0, 0.1]),
            ("no picture", track(6000.0, [0.0; 2], 0), 6000, [0.99, 0.89, 0.89], [1.0, 0.91, 0.91]),
        ] {
            let likelihoods = likelihoods(&track, claimed_ms);
            let inside = likelihoods.iter().zip(low).zip(high).all(|((likelihood, low), high)| (low..=high).contains(likelihood));
            assert!(inside, "{name}: {likelihoods:?}");
        }
    }
}
