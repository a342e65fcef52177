//! Who or what is in front of the camera, as bodies made of surfaces: a head, a sheet of paper, a screen in a frame.

use super::head::Head;
use super::path::Manner;
use super::surface::{Material, Mesh, Surface};
use crate::portrait::{Places, Portrait};
use crate::presenter::Presenter;
use crate::texture::Texture;
use crate::vector::{Vector, minus, scaled};
use fastrand::Rng;
use prooflight_vision::Oval;

/// A body and how it is held.
#[derive(Debug, Clone)]
pub(crate) struct Body {
    /// Drawn in this order.
    pub(crate) surfaces: Vec<Surface>,
    /// The place that comes into the oval, from the point about which the body turns.
    pub(crate) anchor: Vector,
    /// The width by which the client measures the face, in metres.
    pub(crate) ocular: f32,
    pub(crate) manner: Manner,
}

/// What is recorded for a replay.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Played {
    pub(crate) size: [f32; 2],
    pub(crate) oval: Oval,
}

/// From how far portraits are taken, in metres: their own perspective is undone by it.
const PORTRAIT_DISTANCE: f32 = 1.6;

/// A head turns about the neck.
const NECK: Vector = [0.0, 0.07, 0.09];

const SKIN: Material = Material::Scattering { gloss: 0.0, blur: 0.0 };

impl Body {
    /// The body of a presenter; `other` is the person behind a mask.
    pub(crate) fn new(
        presenter: Presenter,
        portrait: &Portrait,
        other: &Portrait,
        played: Option<Played>,
        tone: f32,
        random: &mut Rng,
    ) -> Self {
        match presenter {
            Presenter::Live | Presenter::InjectedFace | Presenter::InjectedClip => Self::person(portrait, tone, random),
            Presenter::Mask => Self::masked(portrait, other, tone, random),
            Presenter::Print => Self::print(portrait, &portrait.picture, None, random),
            Presenter::PrintBent => {
                let radius = 0.08 + 0.08 * random.f32();
                Self::print(portrait, &portrait.picture, Some(radius), random)
            }
            Presenter::PrintCutout => {
                let radius = 0.15 + 0.25 * random.f32();
                Self::print(portrait, &portrait.person, Some(radius), random)
            }
            Presenter::Photo => Self::display(portrait, [0.068, 0.147], 1.35 + 0.3 * random.f32(), random),
            Presenter::Tablet => Self::display(portrait, [0.160, 0.214], 1.9 + 0.5 * random.f32(), random),
            Presenter::Replay => match played {
                Some(played) => Self::player(played, random),
                None => Self::display(portrait, [0.160, 0.214], 2.0, random),
            },
            Presenter::InjectedStill => Self::still(portrait),
        }
    }

    fn person(portrait: &Portrait, tone: f32, random: &mut Rng) -> Self {
        let head = Head::new(&portrait.places, random);
        Self {
            surfaces: vec![head_surface(portrait, &head, tone)],
            anchor: anchor_of(&portrait.places, head.scale),
            ocular: portrait.places.ocular_width() * head.scale,
            manner: Manner { tilt: 5.0, sway_turn: 2.5, sway: 0.004 },
        }
    }

    /// A paper mask with another's eyes and nose, bent round the face of the person who wears it.
    fn masked(portrait: &Portrait, wearer: &Portrait, tone: f32, random: &mut Rng) -> Self {
        let mut body = Self::person(wearer, tone, random);
        let head = Head::new(&portrait.places, random);
        let places = portrait.places;
        let (brow, width) = (places.brow(), places.width());
        let full = portrait.picture.full();
        let (wide, high) = (full.width as f32, full.height as f32);
        let (top, bottom) = (brow[1] - 0.24 * width, places.nose[1] + 0.12 * width);
        let sheet = portrait.picture.map(|x, y, [red, green, blue, _]| {
            let across = (x as f32 - brow[0]) / (0.44 * width);
            let down = (y as f32 - f32::midpoint(top, bottom)) / (0.5 * (bottom - top));
            let inside = 1.0 - crate::vector::smooth(0.96, 1.0, (across.powi(4) + down.powi(4)).powf(0.25));
            let [red, green, blue] = printed([red, green, blue]);
            [red, green, blue, inside]
        });
        let part = [(brow[0] - 0.48 * width) / wide, top / high, (brow[0] + 0.48 * width) / wide, bottom / high];
        let mesh = Mesh::grid(32, 24, part, |[u, v]| {
            let (x, y) = ((u * wide - brow[0]) * head.scale, (v * high - brow[1]) * head.scale);
            let angle = x / 0.085;
            minus([0.085 * angle.sin(), y, 0.085 * (1.0 - angle.cos()) - 0.048], NECK)
        });
        body.surfaces.push(Surface { mesh, texture: sheet, material: paper(random) });
        body
    }

    /// A sheet of paper with a picture in about natural size; bent round an upright axis where there is a radius.
    fn print(portrait: &Portrait, picture: &Texture, radius: Option<f32>, random: &mut Rng) -> Self {
        let places = portrait.places;
        let scale = 0.140 / places.width() * (0.75 + 0.3 * random.f32());
        let part = part_round(portrait, 1.0, [1.15, 1.5]);
        let full = picture.full();
        let (wide, high) = (full.width as f32, full.height as f32);
        let center = places.center();
        let bent = move |[x, y]: [f32; 2], behind: f32| match radius {
            Some(radius) => [radius * (x / radius).sin(), y, radius * (1.0 - (x / radius).cos()) + behind],
            None => [x, y, behind],
        };
        let place = |[u, v]: [f32; 2]| bent([(u * wide - center[0]) * scale, (v * high - center[1]) * scale], 0.0);
        let material = paper(random);
        let sheet = Surface {
            mesh: Mesh::grid(33, 33, part, place),
            texture: picture.map(|_, _, [red, green, blue, share]| {
                let [red, green, blue] = printed([red, green, blue]);
                [red, green, blue, share]
            }),
            material,
        };
        // A whole sheet has a white edge; what is cut out has none.
        let edge = 0.006 + 0.01 * random.f32();
        let border = [
            part[0] - edge / (scale * wide),
            part[1] - edge / (scale * high),
            part[2] + edge / (scale * wide),
            part[3] + edge / (scale * high),
        ];
        let margin = |[u, v]: [f32; 2]| bent([(u * wide - center[0]) * scale, (v * high - center[1]) * scale], 0.0006);
        let whole = picture.full().at(0.01, 0.01)[3] > 0.5;
        let back =
            whole.then(|| Surface { mesh: Mesh::grid(17, 17, border, margin), texture: Texture::plain([0.8, 0.79, 0.76]), material });
        Self {
            surfaces: back.into_iter().chain([sheet]).collect(),
            anchor: [0.0; 3],
            ocular: places.ocular_width() * scale,
            manner: Manner { tilt: 8.0, sway_turn: 3.0, sway: 0.005 },
        }
    }

    /// A photo on a screen of that size; so many widths of the face fit across.
    fn display(portrait: &Portrait, size: [f32; 2], across: f32, random: &mut Rng) -> Self {
        let places = portrait.places;
        let full = portrait.picture.full();
        let (wide, high) = (full.width as f32, full.height as f32);
        let center = places.center();
        let scale = size[0] / (across * places.width());
        let tall = size[1] / scale;
        let (left, top) = (center[0] - 0.5 * across * places.width(), center[1] - 0.45 * tall);
        let part = [
            (left / wide).max(0.0),
            (top / high).max(0.0),
            ((left + across * places.width()) / wide).min(1.0),
            ((top + tall) / high).min(1.0),
        ];
        let place = |[u, v]: [f32; 2]| [(u * wide - center[0]) * scale, (v * high - center[1]) * scale, 0.0];
        let picture = Surface { mesh: Mesh::grid(25, 33, part, place), texture: portrait.picture.clone(), material: shining(random) };
        let corner = [(left - center[0]) * scale, (top - center[1]) * scale];
        Self {
            surfaces: vec![frame([corner[0], corner[1], corner[0] + size[0], corner[1] + size[1]], picture.material), picture],
            anchor: [0.0; 3],
            ocular: places.ocular_width() * scale,
            manner: Manner { tilt: 8.0, sway_turn: 2.0, sway: 0.003 },
        }
    }

    /// A tablet that plays a recording. Its pictures come later, one by one.
    fn player(played: Played, random: &mut Rng) -> Self {
        let [wide, high] = played.size;
        let width = if wide > high { 0.214 } else { 0.160 };
        let (scale, oval) = (width / wide, played.oval);
        let place = |[u, v]: [f32; 2]| [(u * wide - oval.center_x) * scale, (v * high - oval.center_y) * scale, 0.0];
        let picture =
            Surface { mesh: Mesh::grid(33, 25, [0.0, 0.0, 1.0, 1.0], place), texture: Texture::plain([0.0; 3]), material: shining(random) };
        let (corner, opposite) = (place([0.0, 0.0]), place([1.0, 1.0]));
        Self {
            surfaces: vec![frame([corner[0], corner[1], opposite[0], opposite[1]], picture.material), picture],
            anchor: [0.0; 3],
            ocular: oval.width * scale,
            manner: Manner { tilt: 5.0, sway_turn: 0.8, sway: 0.0015 },
        }
    }

    /// The picture itself, without any light on it; its edges go on for ever.
    fn still(portrait: &Portrait) -> Self {
        let places = portrait.places;
        let full = portrait.picture.full();
        let (wide, high, center) = (full.width as f32, full.height as f32, places.center());
        let scale = 0.140 / places.width();
        let place = |[u, v]: [f32; 2]| [(u * wide - center[0]) * scale, (v * high - center[1]) * scale, 0.0];
        let mesh = Mesh::grid(25, 25, [-2.0, -2.0, 3.0, 3.0], place);
        let material = Material::Shining { nits: 300.0, glass: 0.0 };
        Self {
            surfaces: vec![Surface { mesh, texture: portrait.picture.clone(), material }],
            anchor: [0.0; 3],
            ocular: places.ocular_width() * scale,
            manner: Manner { tilt: 0.0, sway_turn: 0.0, sway: 0.0 },
        }
    }
}

fn head_surface(portrait: &Portrait, head: &Head, tone: f32) -> Surface {
    let brow = portrait.places.brow();
    let full = portrait.person.full();
    let (wide, high) = (full.width as f32, full.height as f32);
    let place = |[u, v]: [f32; 2]| {
        let flat = [(u * wide - brow[0]) * head.scale, (v * high - brow[1]) * head.scale];
        let depth = head.depth(flat);
        let nearer = (PORTRAIT_DISTANCE - depth) / PORTRAIT_DISTANCE;
        minus([flat[0] * nearer, flat[1] * nearer, -depth], NECK)
    };
    // A portrait ends at the chest; its last row goes on below.
    let [left, top, right, _] = part_round(portrait, 1.35, [1.05, 0.0]);
    let bottom = (brow[1] + 2.6 * portrait.places.width()) / high;
    Surface {
        mesh: Mesh::grid(65, 97, [left, top, right, bottom], place),
        texture: portrait.person.map(|_, _, [red, green, blue, share]| {
            let [red, green, blue] = [red, green, blue].map(|albedo| albedo.powf(tone));
            [red, green, blue, share]
        }),
        material: SKIN,
    }
}

/// The place between eyes and nose, from the neck.
fn anchor_of(places: &Places, scale: f32) -> Vector {
    let (brow, center) = (places.brow(), places.center());
    minus([(center[0] - brow[0]) * scale, (center[1] - brow[1]) * scale, 0.0], NECK)
}

/// The part of the picture round a face, as fractions: so many widths of the face to each side, above the eyes and below them.
fn part_round(portrait: &Portrait, aside: f32, [above, below]: [f32; 2]) -> [f32; 4] {
    let (brow, width) = (portrait.places.brow(), portrait.places.width());
    let full = portrait.picture.full();
    let (wide, high) = (full.width as f32, full.height as f32);
    [
        ((brow[0] - aside * width) / wide).max(0.0),
        ((brow[1] - above * width) / high).max(0.0),
        ((brow[0] + aside * width) / wide).min(1.0),
        ((brow[1] + below * width) / high).min(1.0),
    ]
}

/// What becomes of an albedo in print: black is not quite black, and white no whiter than the paper.
fn printed(albedo: Vector) -> Vector {
    albedo.map(|albedo| 0.035 + 0.85 * albedo)
}

fn paper(random: &mut Rng) -> Material {
    let glossy = random.f32() < 0.4;
    Material::Scattering { gloss: if glossy { 0.01 + 0.03 * random.f32() } else { 0.0 }, blur: 0.02 + 0.05 * random.f32() }
}

fn shining(random: &mut Rng) -> Material {
    Material::Shining { nits: 200.0 + 400.0 * random.f32(), glass: 0.012 + 0.035 * random.f32() }
}

/// The dark frame of a device, just behind its picture.
fn frame([left, top, right, bottom]: [f32; 4], material: Material) -> Surface {
    let edge = 0.006;
    let size = [right - left + 2.0 * edge, bottom - top + 2.0 * edge];
    let place = |[u, v]: [f32; 2]| [left - edge + u * size[0], top - edge + v * size[1], 0.0006];
    let glass = match material {
        Material::Shining { glass, .. } => glass,
        Material::Scattering { gloss, .. } => gloss,
    };
    let dark = scaled([1.0; 3], 0.02);
    Surface {
        mesh: Mesh::grid(17, 17, [0.0, 0.0, 1.0, 1.0], place),
        texture: Texture::plain(dark),
        material: Material::Scattering { gloss: glass, blur: 0.01 },
    }
}
