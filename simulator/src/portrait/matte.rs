//! Which parts of a portrait belong to the person: an ellipse for head and hair, a neck, and shoulders, with soft edges. Wide hair is cut off and
//! some of the studio stays beside the neck; nothing that is measured lies there.

use super::Places;
use crate::vector::smooth;

/// How much of the place belongs to the person, 0-1.
pub(super) fn share(places: &Places, at: [f32; 2]) -> f32 {
    let brow = places.brow();
    let width = places.width();
    // In widths of the face, from between the eyes.
    let [x, y] = [(at[0] - brow[0]) / width, (at[1] - brow[1]) / width];
    let chin = (places.chin[1] - brow[1]) / width;
    let (top, middle) = (-0.85, 0.1);
    let across = if y < middle { 0.62 } else { 0.62 - 0.14 * smooth(middle, chin, y) };
    let along = if y < middle { middle - top } else { chin + 0.08 - middle };
    let head = 1.0 - smooth(0.92, 1.06, (x / across).hypot((y - middle) / along));
    let neck = (1.0 - smooth(0.30, 0.40, x.abs())) * smooth(chin - 0.3, chin - 0.2, y);
    // Shoulders fall away to the sides.
    let shoulder = chin + 0.28 + 0.28 * (x.abs() - 0.35).max(0.0);
    let shoulders = smooth(shoulder - 0.05, shoulder + 0.05, y) * (1.0 - smooth(1.25, 1.4, x.abs()));
    head.max(neck).max(shoulders)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_face_is_in_and_the_corners_are_out() {
        let places = Places {
            left_eye: [80.0, 100.0],
            right_eye: [120.0, 100.0],
            nose: [100.0, 125.0],
            mouth: [100.0, 145.0],
            chin: [100.0, 180.0],
            left_jaw: [50.0, 110.0],
            right_jaw: [150.0, 110.0],
        };
        for (at, expected) in [
            ([100.0, 100.0], 1.0),
            ([100.0, 175.0], 1.0),
            ([100.0, 40.0], 1.0),
            ([20.0, 30.0], 0.0),
            ([180.0, 150.0], 0.0),
            ([100.0, 5.0], 0.0),
        ] {
            assert!((share(&places, at) - expected).abs() < 1e-6, "{at:?}: {}", share(&places, at));
        }
    }
}
