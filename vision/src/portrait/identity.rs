//! Who a face looks like: 128 numbers of dlib's face recognition network, and how much alike two faces are by them.

use crate::decode::Frame;
use crate::face::{Face, PortraitModels, Region};

/// Numbers of an embedding.
const LENGTH: usize = 128;

/// What a face is compared by. Two pictures of one person come to lie close together.
#[derive(Debug, Clone, PartialEq)]
pub struct Embedding {
    values: Box<[f32; LENGTH]>,
}

const SIDE: usize = 150;

impl Embedding {
    /// The 128 numbers, for whoever keeps them.
    pub fn values(&self) -> &[f32] {
        self.values.as_slice()
    }

    /// An embedding out of kept numbers; none unless they are 128 finite ones.
    pub fn from_values(values: Vec<f32>) -> Option<Self> {
        let finite = values.iter().all(|value| value.is_finite());
        let values: Box<[f32; LENGTH]> = values.into_boxed_slice().try_into().ok()?;
        finite.then_some(Self { values })
    }

    /// How much alike two faces are, 0-100. It falls steeply about a distance of 0.53: 90 is one of 0.453, 80 one of 0.481.
    pub fn similarity(&self, other: &Self) -> f32 {
        100.0 / (1.0 + ((self.distance(other) - EVEN) / STEEP).exp())
    }

    /// How far apart two faces lie.
    pub fn distance(&self, other: &Self) -> f32 {
        self.values.iter().zip(other.values.iter()).map(|(one, other)| (one - other).powi(2)).sum::<f32>().sqrt()
    }
}

/// The distance at which two faces are as likely one person's as two people's: between the farthest pictures of one person (0.41) and the
/// closest of two (0.61) that it was set on.
const EVEN: f32 = 0.53;

/// How quickly similarity falls with distance.
const STEEP: f32 = 0.035;

/// The five points that the network's own crops were aligned by: the outer and inner corners of the eyes, and the base of the nose.
const POINTS: [usize; 5] = [263, 362, 33, 133, 2];

/// Where they lie in a crop, in fractions of its side.
const PLACES: [[f32; 2]; 5] = [[0.7397, 0.3090], [0.5974, 0.3193], [0.2470, 0.3091], [0.3894, 0.3194], [0.4934, 0.5852]];

pub(super) fn embedding(models: &PortraitModels, frame: &Frame, face: &Face) -> Option<Embedding> {
    let runner = models.runner();
    let region = aligned(face)?;
    let mut sum = vec![0.0_f32; LENGTH];
    let rgb = region.cut(frame, SIDE, 255.0, 0.0);
    let mirrored = mirrored(&rgb);
    for rgb in [rgb, mirrored] {
        let [values] = runner.run(models.identity(), SIDE, rgb)?;
        sum.iter_mut().zip(values).for_each(|(sum, value)| *sum += value / 2.0);
    }
    Embedding::from_values(sum)
}

/// The square whose content, upright, lies over the network's places as closely as turning, scaling and moving can bring it.
fn aligned(face: &Face) -> Option<Region> {
    let points = POINTS.map(|number| face.at(number));
    let middle = |places: &[[f32; 2]; 5]| places.iter().fold([0.0; 2], |sum, [x, y]| [sum[0] + x / 5.0, sum[1] + y / 5.0]);
    let (from, to) = (middle(&PLACES), middle(&points));
    // The complex number that turns and scales the places onto the points, by least squares.
    let (mut real, mut imaginary, mut norm) = (0.0_f32, 0.0_f32, 0.0_f32);
    for (place, point) in PLACES.iter().zip(points) {
        let (px, py) = (place[0] - from[0], place[1] - from[1]);
        let (qx, qy) = (point[0] - to[0], point[1] - to[1]);
        real += px * qx + py * qy;
        imaginary += px * qy - py * qx;
        norm += px * px + py * py;
    }
    let (real, imaginary) = (real / norm, imaginary / norm);
    let side = real.hypot(imaginary);
    if !(side.is_finite() && side > 8.0) {
        return None;
    }
    let (dx, dy) = (0.5 - from[0], 0.5 - from[1]);
    let center = [to[0] + dx * real - dy * imaginary, to[1] + dx * imaginary + dy * real];
    Some(Region::turned(center, side, imaginary.atan2(real)))
}

fn mirrored(rgb: &[f32]) -> Vec<f32> {
    rgb.chunks_exact(3 * SIDE).flat_map(|row| row.rchunks_exact(3)).flatten().copied().collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(first: f32) -> Embedding {
        let mut values = vec![0.0; LENGTH];
        values[0] = first;
        Embedding::from_values(values).unwrap()
    }

    #[test]
    fn similarity_falls_with_distance_and_stays_in_its_scale() {
        for (distance, low, high) in [(0.0, 99.9, 100.0), (0.453, 89.9, 90.1), (0.53, 49.9, 50.1), (0.61, 9.0, 10.0), (5.0, 0.0, 0.1)] {
            let similarity = at(0.2).similarity(&at(0.2 + distance));
            assert!((low..=high).contains(&similarity), "{distance}: {similarity}");
        }
    }

    #[test]
    fn kept_numbers_have_to_be_all_there_and_numbers() {
        assert_eq!(Embedding::from_values(at(0.5).values().to_vec()), Some(at(0.5)));
        assert_eq!(Embedding::from_values(vec![0.0; 127]), None);
        assert_eq!(Embedding::from_values([vec![f32::NAN], vec![0.0; 127]].concat()), None);
    }

    #[test]
    fn a_crop_lies_over_the_places_however_the_head_is_turned() {
        let square = Region::turned([200.0, 120.0], 90.0, 0.4);
        let mut points = Box::new([[0.0; 3]; crate::face::POINTS]);
        for (number, place) in POINTS.into_iter().zip(PLACES) {
            let [x, y] = square.to_frame(place);
            points[number] = [x, y, 0.0];
        }
        let found = aligned(&Face::new(points)).unwrap();
        for corner in [[0.0, 0.0], [1.0, 0.0], [0.5, 0.9]] {
            let ([x, y], [u, v]) = (found.to_frame(corner), square.to_frame(corner));
            assert!((x - u).hypot(y - v) < 0.05, "{corner:?}: ({x}, {y}) and ({u}, {v})");
        }
    }

    #[test]
    fn mirroring_turns_every_row_round() {
        let rgb: Vec<f32> = (0..3 * SIDE * 2).map(|index| f32::from(u16::try_from(index).unwrap())).collect();
        let turned = mirrored(&rgb);
        assert_eq!(turned[..3], rgb[3 * (SIDE - 1)..3 * SIDE]);
        assert_eq!(mirrored(&turned), rgb);
    }
}
