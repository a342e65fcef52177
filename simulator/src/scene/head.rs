//! How deep a head is: a parametric head fitted to the two-dimensional places of a portrait's features. An ellipsoid for the skull, narrower
//! towards the chin, a nose, eye sockets, lips, a chin; a neck and a chest behind them. Its measures vary from person to person by the seed.
//! It does not use the depth that a mesh network gives: the engine's parallax cue looks for the shape of a face, and would then
//! find what its own network had put there.

use crate::portrait::Places;
use crate::vector::smooth;
use fastrand::Rng;

/// One person's head. Lengths are metres from the middle between the eyes; depth is towards the camera.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Head {
    /// Metres for a pixel of the portrait.
    pub(crate) scale: f32,
    nose: [f32; 2],
    mouth: [f32; 2],
    chin: f32,
    eyes: [[f32; 2]; 2],
    half_width: f32,
    skull_depth: f32,
    nose_height: f32,
    socket: f32,
    lips: f32,
    chin_height: f32,
}

/// The mean distance between the edges of a face, in metres (bizygomatic breadth with some flesh on it).
const FACE_WIDTH: f32 = 0.140;

impl Head {
    /// A head for a portrait.
    pub(crate) fn new(places: &Places, random: &mut Rng) -> Self {
        let mut around = |mean: f32, spread: f32| mean * (1.0 + spread * (2.0 * random.f32() - 1.0));
        let scale = around(FACE_WIDTH, 0.08) / places.width();
        let brow = places.brow();
        let metres = |at: [f32; 2]| [(at[0] - brow[0]) * scale, (at[1] - brow[1]) * scale];
        Self {
            scale,
            nose: metres(places.nose),
            mouth: metres(places.mouth),
            chin: metres(places.chin)[1],
            eyes: [metres(places.left_eye), metres(places.right_eye)],
            half_width: 0.5 * places.width() * scale,
            skull_depth: around(0.100, 0.10),
            nose_height: around(0.021, 0.25),
            socket: around(0.007, 0.3),
            lips: around(0.005, 0.4),
            chin_height: around(0.006, 0.4),
        }
    }

    /// How far a place stands out towards the camera.
    pub(crate) fn depth(&self, [x, y]: [f32; 2]) -> f32 {
        let below = smooth(0.01, self.chin, y);
        let half = self.half_width * (1.14 - 0.24 * below);
        let (up, down) = (0.125, self.chin + 0.012);
        let tall = if y < 0.0 { y / up } else { y / down };
        let reach = (x / half).hypot(tall);
        // Flatter in front than an ellipsoid, and steeper at its sides.
        let dome = (1.0 - reach.min(1.0).powf(2.6)).sqrt();
        let skull = self.skull_depth * (dome - 0.86) - 0.05 * (reach - 1.0).max(0.0);
        let face = skull + self.features([x, y]);
        // The neck goes back under the chin, the chest comes forward again below it.
        let neck = -0.075 - 0.9 * (x.abs() - 0.03).max(0.0) + 0.055 * smooth(self.chin + 0.03, self.chin + 0.12, y);
        let neck = neck.max(-0.16);
        let under = smooth(self.chin + 0.002, self.chin + 0.02, y);
        face * (1.0 - under) + neck * under
    }

    fn features(&self, [x, y]: [f32; 2]) -> f32 {
        let bump = |center: [f32; 2], wide: f32, high: f32| (-((x - center[0]) / wide).powi(2) - ((y - center[1]) / high).powi(2)).exp();
        // A ridge from between the eyes to the tip, and a short way back to the lip.
        let tip = self.nose;
        let along = (y / tip[1].max(0.02)).clamp(0.0, 1.0);
        let rises =
            if y <= tip[1] { 0.25 * smooth(-0.01, 0.01, y) + 0.75 * along * along } else { (-((y - tip[1]) / 0.007).powi(2)).exp() };
        let ridge = (-((x - along * tip[0]) / (0.008 + 0.006 * along)).powi(2)).exp();
        let sockets: f32 = self.eyes.iter().map(|&eye| bump(eye, 0.016, 0.011)).sum();
        self.nose_height * rises * ridge - self.socket * sockets
            + self.lips * bump(self.mouth, 0.022, 0.010)
            + self.chin_height * bump([self.mouth[0], self.chin - 0.012], 0.02, 0.012)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn noses_stand_out_cheeks_recede_and_necks_are_behind() {
        let places = Places {
            left_eye: [80.0, 100.0],
            right_eye: [126.0, 100.0],
            nose: [103.0, 130.0],
            mouth: [103.0, 152.0],
            chin: [103.0, 185.0],
            left_jaw: [50.0, 110.0],
            right_jaw: [156.0, 110.0],
        };
        let head = Head::new(&places, &mut Rng::with_seed(1));
        let at = |x: f32, y: f32| head.depth([(x - 103.0) * head.scale, (y - 100.0) * head.scale]);
        let (nose, brow, eye, cheek, ear, neck) =
            (at(103.0, 130.0), at(103.0, 95.0), at(80.0, 100.0), at(75.0, 130.0), at(156.0, 110.0), at(103.0, 205.0));
        assert!(nose > brow + 0.01 && nose > cheek + 0.015, "{nose} {brow} {cheek}");
        assert!(eye < brow && cheek > ear + 0.02 && neck < -0.05, "{eye} {brow} {cheek} {ear} {neck}");
    }
}
