//! The report: what was simulated, error rates with their bounds, what each cue contributes, where confidence depends on the conditions,
//! and what the engine cannot detect.

use super::measure::Measured;
use super::plots::{Axis, COLORS, Series, plot};
use super::statistics::{Share, area, quantile};
use crate::presenter::{Group, Presenter};
use std::collections::BTreeSet;
use std::fmt::Write;

/// A report and its plots, each with its file's name.
#[derive(Debug, Clone)]
pub struct Report {
    /// Markdown.
    pub text: String,
    /// SVG, to be put into `docs/images`.
    pub plots: Vec<(&'static str, String)>,
}

/// The thresholds at which errors are counted.
const THRESHOLDS: [f32; 4] = [50.0, 60.0, 80.0, 90.0];

/// That of the policy `liveness`.
const APPROVED_AT: f32 = 80.0;

/// Less of the screen than that, as a share of the room's light, is lost in the noise of a camera too often.
const SEEN_FROM: f32 = 0.2;

const HEAD: &str = "# How the local engine treats simulated presentations

**These are simulations.** No person and no real attack was in front of a camera. Portraits were laid over heads, sheets of paper and screens made of formulas, lit, moved,
filmed and encoded by the program in `simulator/`, which the authors of the engine wrote as well. The rates below say how the local engine treats what
was simulated, and how it changes from one version to the next. They are no APCER and no BPCER for people, and no conformance to
ISO/IEC 30107-3 follows from them; the names are that standard's because the arithmetic is. In production Amazon Rekognition judges, of which nothing here was measured.
";

const LIMITS: &str = "## What it cannot detect

What was simulated and passes too often, and by how much, is told above. Prints that are cut out along the head or bent round a face miss it by far: paper reflects the colours as skin does, and no background of theirs is left to give them away. Their
want of depth is measured (`parallax.planar`) and hardly counts, because the recorded sessions that have to pass show a flat face. Live people are rejected where the screen is too weak against the room
to be seen. Beside it:

- A paper mask over part of a live face moves, has depth and reflects like a face. Nothing in the engine looks for its edge.
- A head in three dimensions of silicone or resin was not simulated: to all cues here it is a live person.
- Injected video that is relit on the fly in the colours of the check was not simulated; the engine has nothing against it but the signatures of the stream.
- A recording whose colour order happens to be the one that is asked for passes: one in 93,750.
- The movement challenge alone (`bot-check`) was not measured: a still picture that is moved rightly passes it.
- Moire, halftone dots, hands that hold things, blinking, speech, glasses, headwear, motion blur and rolling shutters are not simulated. Neither are the portraits' own light taken out, nor wide hair kept.
";

/// Writes the report over `measured`; `made` says with what.
pub fn report(measured: &[Measured], made: &str) -> Report {
    let mut text = format!("{HEAD}\n{made}\n");
    text.push_str(&error_rates(measured));
    text.push_str(&against_the_aims(measured));
    text.push_str(&separation(measured));
    text.push_str(&by_conditions(measured));
    text.push_str(LIMITS);
    let plots = vec![("pad-roc.svg", curves(measured)), ("pad-light.svg", cloud(measured))];
    Report { text, plots }
}

fn of(measured: &[Measured], presenter: Presenter) -> Vec<&Measured> {
    measured.iter().filter(|one| one.presenter == presenter).collect()
}

fn confidences(measured: &[&Measured]) -> Vec<f32> {
    measured.iter().filter_map(|one| one.confidence).collect()
}

/// The presenters that there are clips of, attacks only.
fn attacks(measured: &[Measured]) -> Vec<Presenter> {
    let seen: BTreeSet<Presenter> = measured.iter().map(|one| one.presenter).collect();
    seen.into_iter().filter(|presenter| presenter.group() != Group::BonaFide).collect()
}

fn percent(share: Share) -> String {
    format!("{:.1} (<= {:.1})", 100.0 * share.value(), 100.0 * share.upper())
}

fn error_rates(measured: &[Measured]) -> String {
    let mut text = String::from(
        "## Errors\n\nIn percent; in brackets the upper end of the one-sided 95 % interval of Clopper and Pearson, as if clips were independent, which clips of the same portrait are not. \
         An attack counts as missed (APCER) where its confidence reaches the threshold, a live person as rejected (BPCER) where it does not.\n\
         \"No answer\" counts videos that the engine would not judge; they are in no rate.\n\n\
         | presentation | clips | no answer | median | at 50 | at 60 | at 80 | at 90 |\n|---|--:|--:|--:|--:|--:|--:|--:|\n",
    );
    let mut worst = [(0.0, Presenter::Live); 4];
    for presenter in std::iter::once(Presenter::Live).chain(attacks(measured)) {
        let clips = of(measured, presenter);
        let values = confidences(&clips);
        let is_live = presenter.group() == Group::BonaFide;
        let wrong = THRESHOLDS.map(|threshold| Share::count(&values, |value| (*value >= threshold) != is_live));
        if !is_live {
            for (worst, wrong) in worst.iter_mut().zip(wrong) {
                if wrong.value() >= worst.0 {
                    *worst = (wrong.value(), presenter);
                }
            }
        }
        let cells: Vec<String> = wrong.iter().map(|share| percent(*share)).collect();
        let median = quantile(&values, 0.5).unwrap_or(f32::NAN);
        let rate = if is_live { "BPCER" } else { "APCER" };
        // Writing to a string cannot fail.
        let _ = writeln!(
            text,
            "| {}, {rate} | {} | {} | {median:.1} | {} |",
            presenter.what(),
            clips.len(),
            clips.len() - values.len(),
            cells.join(" | ")
        );
    }
    let named: Vec<String> =
        worst.iter().zip(THRESHOLDS).map(|((rate, presenter), at)| format!("{:.1} % at {at} ({presenter})", 100.0 * rate)).collect();
    let _ =
        writeln!(text, "\nThe worst attack: {}.\n\n![False acceptance against false rejection](images/pad-roc.svg)\n", named.join(", "));
    text
}

/// Where the aims are met, and by how much not.
fn against_the_aims(measured: &[Measured]) -> String {
    let mut text = String::from(
        "The aims at 80: at most 2 % of prints, screens, replays and injections missed, at most 3 % of live people rejected.\n\n",
    );
    let live = of(measured, Presenter::Live);
    let rejected = |clips: &[&Measured]| Share::count(&confidences(clips), |value| *value < APPROVED_AT);
    for presenter in attacks(measured).into_iter().filter(|presenter| *presenter != Presenter::Mask) {
        let missed = Share::count(&confidences(&of(measured, presenter)), |value| *value >= APPROVED_AT);
        let _ = writeln!(text, "- {}: {}", presenter.what(), distance(missed, 2.0));
    }
    let all = rejected(&live);
    let (weak, seen): (Vec<&Measured>, Vec<&Measured>) = live.into_iter().partition(|one| one.screen_share < SEEN_FROM);
    let _ = writeln!(
        text,
        "- a live person, rejected: {}. Where the screen gives less than a fifth of the room's light, {:.1} % of {}; where it gives more, {:.1} % of {}.\n",
        distance(all, 3.0),
        100.0 * rejected(&weak).value(),
        weak.len(),
        100.0 * rejected(&seen).value(),
        seen.len()
    );
    text
}

fn distance(share: Share, aim: f64) -> String {
    let rate = 100.0 * share.value();
    if rate <= aim { format!("{rate:.1} %, met") } else { format!("{rate:.1} %, missed by {:.1}", rate - aim) }
}

fn separation(measured: &[Measured]) -> String {
    let names: BTreeSet<&str> = measured.iter().flat_map(|one| one.cues.keys().map(String::as_str)).collect();
    let attacks = attacks(measured);
    let mut text = String::from(
        "## What each cue contributes\n\nThe area under the ROC curve of each cue's likelihood, live people against each attack: 1.00 tells them apart by itself, 0.50 not at all.\n\n| cue |",
    );
    for presenter in &attacks {
        let _ = write!(text, " {presenter} |");
    }
    text.push_str("\n|---|");
    text.push_str(&"--:|".repeat(attacks.len()));
    text.push('\n');
    let live = of(measured, Presenter::Live);
    let likelihoods = |clips: &[&Measured], name: &str| -> Vec<f32> {
        clips.iter().filter_map(|one| one.cues.get(name)).map(|(_, likelihood)| *likelihood).collect()
    };
    for name in names {
        let high = likelihoods(&live, name);
        let _ = write!(text, "| `{name}` |");
        for &presenter in &attacks {
            let low = likelihoods(&of(measured, presenter), name);
            if low.is_empty() || high.is_empty() {
                text.push_str(" - |");
            } else {
                let _ = write!(text, " {:.2} |", area(&low, &high));
            }
        }
        text.push('\n');
    }
    text.push_str("\nThe middle value of each cue, and its 5th and 95th percentile:\n\n| cue | live |");
    for presenter in &attacks {
        let _ = write!(text, " {presenter} |");
    }
    text.push_str("\n|---|--:|");
    text.push_str(&"--:|".repeat(attacks.len()));
    text.push('\n');
    for name in [
        "light.correlation",
        "light.gain",
        "light.order",
        "light.rivals",
        "light.contrast",
        "parallax.planar",
        "movement.growth",
        "movement.oval",
    ] {
        let _ = write!(text, "| `{name}` |");
        for presenter in std::iter::once(Presenter::Live).chain(attacks.iter().copied()) {
            let values: Vec<f32> = of(measured, presenter).iter().filter_map(|one| one.cues.get(name)?.0).collect();
            let at = |share| quantile(&values, share).unwrap_or(f32::NAN);
            let _ = write!(text, " {:.3} ({:.3}-{:.3}) |", at(0.5), at(0.05), at(0.95));
        }
        text.push('\n');
    }
    text.push('\n');
    text
}

fn by_conditions(measured: &[Measured]) -> String {
    let mut text = String::from(
        "## Confidence by light and frame rate\n\n\"Light\" is the screen's light on the face as a share of the room's. \"Missed\" is over all attacks, at 80.\n\n\
         | | live clips | median | 5th percentile | rejected at 80 | attacks | missed |\n|---|--:|--:|--:|--:|--:|--:|\n",
    );
    let mut line = |title: String, holds: &dyn Fn(&Measured) -> bool| {
        let chosen: Vec<&Measured> = measured.iter().filter(|one| holds(one)).collect();
        let (live, attacks): (Vec<&Measured>, Vec<&Measured>) =
            chosen.into_iter().partition(|one| one.presenter.group() == Group::BonaFide);
        let (live, attacks) = (confidences(&live), confidences(&attacks));
        let at = |share| quantile(&live, share).unwrap_or(f32::NAN);
        let rejected = Share::count(&live, |value| *value < APPROVED_AT);
        let missed = Share::count(&attacks, |value| *value >= APPROVED_AT);
        let _ = writeln!(
            text,
            "| {title} | {} | {:.1} | {:.1} | {} | {} | {} |",
            live.len(),
            at(0.5),
            at(0.05),
            percent(rejected),
            attacks.len(),
            percent(missed)
        );
    };
    for (low, high) in [(0.0, 0.1), (0.1, 0.2), (0.2, 0.4), (0.4, 0.8), (0.8, 1.6), (1.6, f32::INFINITY)] {
        let title = if high.is_finite() { format!("light {low}-{high}") } else { format!("light above {low}") };
        line(title, &|one| (low..high).contains(&one.screen_share));
    }
    for rate in [15.0_f32, 20.0, 24.0, 30.0] {
        line(format!("{rate} pictures a second"), &|one| (one.rate - rate).abs() < 0.5);
    }
    text.push_str("\n![Confidence of live people and of attacks over the screen's share of the light](images/pad-light.svg)\n\n");
    text
}

/// False acceptance over false rejection, for each attack.
fn curves(measured: &[Measured]) -> String {
    let live = confidences(&of(measured, Presenter::Live));
    let series: Vec<Series> = attacks(measured)
        .into_iter()
        .zip(COLORS)
        .map(|(presenter, color)| {
            let values = confidences(&of(measured, presenter));
            let rate = |threshold: f32| {
                let rejected = Share::count(&live, |value| *value < threshold).value();
                [100.0 * rejected, 100.0 * Share::count(&values, |value| *value >= threshold).value()]
            };
            let mut points: Vec<[f64; 2]> = (0..=1000_u16).map(|step| rate(f32::from(step) / 10.0)).collect();
            points.push([100.0, 0.0]);
            points.dedup();
            Series { name: presenter.name().to_owned(), color, points, joined: true }
        })
        .collect();
    let ticks: Vec<f64> = (0..=5_u8).map(|step| 20.0 * f64::from(step)).collect();
    let axis = |title| Axis { title, range: [0.0, 100.0], ticks: ticks.clone(), logarithmic: false };
    plot("False acceptance against false rejection", &axis("live people rejected, %"), &axis("attacks missed, %"), &series)
}

fn cloud(measured: &[Measured]) -> String {
    let points = |holds: &dyn Fn(&Measured) -> bool| -> Vec<[f64; 2]> {
        measured.iter().filter(|one| holds(one)).filter_map(|one| Some([f64::from(one.screen_share), f64::from(one.confidence?)])).collect()
    };
    let series = [
        (Group::Injection, "injections", COLORS[6]),
        (Group::Presentation, "presentations", COLORS[1]),
        (Group::BonaFide, "live people", COLORS[0]),
    ]
    .map(|(group, name, color)| Series {
        name: name.to_owned(),
        color,
        points: points(&|one| one.presenter.group() == group),
        joined: false,
    });
    let across = Axis {
        title: "the screen's light as a share of the room's",
        range: [0.03, 8.0],
        ticks: vec![0.05, 0.1, 0.2, 0.5, 1.0, 2.0, 5.0],
        logarithmic: true,
    };
    let up = Axis { title: "confidence", range: [0.0, 100.0], ticks: vec![0.0, 20.0, 40.0, 60.0, 80.0, 100.0], logarithmic: false };
    plot("Confidence over the screen's share of the light", &across, &up, &series)
}
