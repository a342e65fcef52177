//! One presentation, picture by picture.

use super::camera::{Camera, Picture};
use super::cast::{Body, Played};
use super::light::{Light, rows};
use super::path::Path;
use super::raster::Canvas;
use super::room::Room;
use super::surface::Surface;
use crate::conditions::Conditions;
use crate::portrait::Portrait;
use crate::presenter::Presenter;
use crate::texture::Texture;
use crate::timeline::Timeline;
use crate::vector::Vector;
use fastrand::Rng;
use prooflight_vision::{Challenge, Oval};

/// A presentation under way.
#[derive(Debug)]
pub(crate) struct Stage {
    presenter: Presenter,
    conditions: Conditions,
    /// What is on the screen; an injected recording was made before another.
    displayed: Challenge,
    timeline: Timeline,
    body: Body,
    path: Path,
    room: Room,
    camera: Camera,
    canvas: Canvas,
    recording: Option<Recording>,
}

/// The pictures of an earlier check, to be played in another.
#[derive(Debug, Clone)]
pub(crate) struct Recording {
    /// With the time of each, in milliseconds since recording began.
    pub(crate) pictures: Vec<(f32, Picture)>,
    pub(crate) oval: Oval,
    /// When the colours began, in milliseconds since recording began.
    pub(crate) lit_from: f32,
}

/// What the page shows before the colours: mostly white, and not at full brightness.
const PAGE: Vector = [0.45; 3];

/// Everything that a stage is set with.
pub(crate) struct Setting<'set> {
    pub(crate) presenter: Presenter,
    pub(crate) conditions: Conditions,
    /// What is displayed to whoever is there.
    pub(crate) displayed: Challenge,
    pub(crate) timeline: Timeline,
    pub(crate) portrait: &'set Portrait,
    /// Who is behind a mask.
    pub(crate) other: &'set Portrait,
    pub(crate) recording: Option<Recording>,
}

impl Stage {
    pub(crate) fn new(setting: Setting<'_>, random: &mut Rng) -> Self {
        let Setting { presenter, conditions, displayed, timeline, portrait, other, recording } = setting;
        let played = recording.as_ref().and_then(|recording| {
            let (_, first) = recording.pictures.first()?;
            Some(Played { size: [first.width as f32, first.height as f32], oval: recording.oval })
        });
        let body = Body::new(presenter, portrait, other, played, conditions.tone, random);
        let mut path = Path::draw(random, &conditions, &displayed.oval, body.ocular, body.manner);
        if presenter == Presenter::Replay {
            // The recorded face comes closer by itself; the tablet stays.
            path = path.resting();
        }
        let room = Room::draw(random, conditions.width, conditions.height);
        let mut habits = conditions.camera;
        if matches!(presenter, Presenter::InjectedStill | Presenter::InjectedFace) {
            // What is computed has no sensor.
            (habits.noise, habits.exposure_s, habits.balance_s) = (0.001, None, None);
        }
        let camera = Camera::new(habits, conditions.lux, random.fork());
        let canvas = Canvas::new(conditions.width, conditions.height);
        Self { presenter, conditions, displayed, timeline, body, path, room, camera, canvas, recording }
    }

    /// The picture of the scene at that time, in milliseconds since recording began. Times have to grow: the camera remembers.
    pub(crate) fn take(&mut self, at_ms: f32) -> Picture {
        let light = self.light(at_ms);
        let shift = self.path.shift(at_ms);
        self.room.paint(&mut self.canvas.light, self.canvas.width, light.on_wall(self.room.distance), shift);
        self.canvas.forget_depth();
        self.play(at_ms);
        let placement = self.path.placement(&self.timeline, at_ms, self.body.anchor);
        for surface in &self.body.surfaces {
            self.canvas.draw_lit(surface, &placement, &light, self.path.focal);
        }
        self.camera.take(&self.canvas, f64::from(at_ms))
    }

    fn light(&self, at_ms: f32) -> Light {
        let linear = |number: usize| self.displayed.colors[number].rgb.map(|channel| (f32::from(channel) / 255.0).powf(2.2));
        let covered = self.conditions.screen.covered;
        let rows = match self.timeline.shown(&self.displayed, at_ms) {
            Some((new, old, share)) => rows(linear(old), linear(new), share, PAGE, covered),
            None => rows(PAGE, PAGE, 1.0, PAGE, covered),
        };
        let light = Light { room: self.conditions.room, screen: self.conditions.screen, rows };
        if matches!(self.presenter, Presenter::InjectedStill | Presenter::InjectedFace) { light.unlit() } else { light }
    }

    /// Puts the recording's picture of now on the tablet. Whoever plays it begins so that its colours come when the real ones do.
    fn play(&mut self, at_ms: f32) {
        let Some(recording) = &self.recording else { return };
        let lit = self.timeline.colors.first().copied().unwrap_or(recording.lit_from);
        let then = at_ms - lit + recording.lit_from;
        let now = recording.pictures.partition_point(|(at, _)| *at <= then).saturating_sub(1);
        if let (Some((_, picture)), Some(Surface { texture, .. })) = (recording.pictures.get(now), self.body.surfaces.last_mut()) {
            *texture = shown_on_screen(picture);
        }
    }
}

/// A picture as a screen shows it, linear.
fn shown_on_screen(picture: &Picture) -> Texture {
    let linear: Vec<f32> = (0..=255_u8).map(|value| (f32::from(value) / 255.0).powf(2.2)).collect();
    let texels = (0..picture.width * picture.height).map(|at| {
        let [red, green, blue] = picture.rgb(at % picture.width, at / picture.width).map(|value| linear[usize::from(value)]);
        [red, green, blue, 1.0]
    });
    Texture::new(picture.width, picture.height, texels.collect())
}
