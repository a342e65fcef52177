//! A face as 468 points, and the lengths and angles that are read from them.

/// Points of the mesh.
pub(crate) const POINTS: usize = 468;

/// An upright box in pixels.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Box2 {
    pub(crate) left: f32,
    pub(crate) top: f32,
    pub(crate) width: f32,
    pub(crate) height: f32,
}

impl Box2 {
    pub(crate) fn around(center: [f32; 2], width: f32, height: f32) -> Self {
        Self { left: center[0] - width / 2.0, top: center[1] - height / 2.0, width, height }
    }

    pub(crate) fn center(self) -> [f32; 2] {
        [self.left + self.width / 2.0, self.top + self.height / 2.0]
    }

    /// Intersection over union, 0-1.
    pub(crate) fn overlap(self, other: Self) -> f32 {
        let along = (self.left + self.width).min(other.left + other.width) - self.left.max(other.left);
        let down = (self.top + self.height).min(other.top + other.height) - self.top.max(other.top);
        let shared = along.max(0.0) * down.max(0.0);
        let union = self.width * self.height + other.width * other.height - shared;
        if union > 0.0 { shared / union } else { 0.0 }
    }
}

/// The mesh of one face in one picture; x and y in pixels, z in the same unit, towards the camera negative.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Face {
    points: Box<[[f32; 3]; POINTS]>,
}

/// Angles of a head in degrees; all zero when it looks straight into the camera.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Pose {
    pub(crate) yaw: f32,
    pub(crate) pitch: f32,
    pub(crate) roll: f32,
}

/// Numbers of points in MediaPipe's canonical mesh. "Right" is the subject's right.
mod point {
    pub(super) const RIGHT_EYE: [usize; 2] = [33, 133];
    pub(super) const LEFT_EYE: [usize; 2] = [362, 263];
    pub(super) const LIPS: [usize; 2] = [13, 14];
    pub(super) const NOSE_TIP: usize = 1;
    pub(super) const FOREHEAD: usize = 10;
    pub(super) const CHIN: usize = 152;
    pub(super) const RIGHT_EDGE: usize = 234;
    pub(super) const LEFT_EDGE: usize = 454;
    pub(super) const CHEEKS_AND_BROW: [usize; 3] = [50, 280, 151];
}

impl Face {
    pub(crate) fn new(points: Box<[[f32; 3]; POINTS]>) -> Self {
        Self { points }
    }

    /// The points in the plane of the picture.
    pub(crate) fn flat_points(&self) -> impl Iterator<Item = [f32; 2]> {
        self.points.iter().map(|&[x, y, _]| [x, y])
    }

    /// Each point on its way to where it is in `other`, after a share of it.
    pub(crate) fn towards(&self, other: &Self, share: f32) -> Self {
        let mut points = self.points.clone();
        for (point, end) in points.iter_mut().zip(other.points.iter()) {
            point.iter_mut().zip(end).for_each(|(from, to)| *from += (to - *from) * share);
        }
        Self { points }
    }

    /// The eyes, the subject's right one first.
    pub(crate) fn eyes(&self) -> [[f32; 2]; 2] {
        [self.middle(point::RIGHT_EYE), self.middle(point::LEFT_EYE)]
    }

    /// The smallest upright box round all points.
    pub(crate) fn outline(&self) -> Box2 {
        let (mut low, mut high) = ([f32::INFINITY; 2], [f32::NEG_INFINITY; 2]);
        for [x, y] in self.flat_points() {
            low = [low[0].min(x), low[1].min(y)];
            high = [high[0].max(x), high[1].max(y)];
        }
        Box2 { left: low[0], top: low[1], width: high[0] - low[0], height: high[1] - low[1] }
    }

    /// The box that the client's detector compares with the oval: as wide as the mean of twice the distance of the pupils and 1.8
    /// times the distance from eyes to mouth, 1.618 times as high, centred between eyes and nose.
    pub(crate) fn oval_box(&self) -> Box2 {
        let [right, left] = self.eyes();
        let between = [f32::midpoint(right[0], left[0]), f32::midpoint(right[1], left[1])];
        let nose = self.at(point::NOSE_TIP);
        let pupils = distance(right, left);
        let height = distance(between, self.middle(point::LIPS));
        let width = f32::midpoint(2.0 * pupils, 1.8 * height);
        let center = [f32::midpoint(between[0], nose[0]), f32::midpoint(between[1], nose[1])];
        Box2::around(center, width, 1.618 * width)
    }

    /// Three places of bare skin: both cheeks and the brow.
    pub(crate) fn skin_places(&self) -> [[f32; 2]; 3] {
        point::CHEEKS_AND_BROW.map(|number| self.at(number))
    }

    pub(crate) fn pose(&self) -> Pose {
        let [right, left] = [point::RIGHT_EDGE, point::LEFT_EDGE].map(|number| self.deep(number));
        let [brow, chin] = [point::FOREHEAD, point::CHIN].map(|number| self.deep(number));
        let across = (left[0] - right[0]).hypot(left[1] - right[1]);
        let down = (chin[0] - brow[0]).hypot(chin[1] - brow[1]);
        Pose {
            yaw: (left[2] - right[2]).atan2(across).to_degrees(),
            pitch: (chin[2] - brow[2]).atan2(down).to_degrees(),
            roll: (left[1] - right[1]).atan2(left[0] - right[0]).to_degrees(),
        }
    }

    /// A point by its number in the canonical mesh, in the plane of the picture.
    pub(crate) fn at(&self, number: usize) -> [f32; 2] {
        let [x, y, _] = self.deep(number);
        [x, y]
    }

    fn deep(&self, number: usize) -> [f32; 3] {
        self.points.get(number).copied().unwrap_or_default()
    }

    fn middle(&self, [one, other]: [usize; 2]) -> [f32; 2] {
        let (one, other) = (self.at(one), self.at(other));
        [f32::midpoint(one[0], other[0]), f32::midpoint(one[1], other[1])]
    }
}

fn distance(one: [f32; 2], other: [f32; 2]) -> f32 {
    (one[0] - other[0]).hypot(one[1] - other[1])
}

#[cfg(test)]
#[expect(clippy::float_cmp, reason = "these values are exact")]
mod tests {
    use super::*;

    #[test]
    fn overlap_is_intersection_over_union() {
        let unit = Box2 { left: 0.0, top: 0.0, width: 2.0, height: 2.0 };
        for (other, expected) in [
            (unit, 1.0),
            (Box2 { left: 1.0, ..unit }, 1.0 / 3.0),
            (Box2 { left: 2.0, ..unit }, 0.0),
            (Box2 { width: 0.0, height: 0.0, ..unit }, 0.0),
        ] {
            assert!((unit.overlap(other) - expected).abs() < 1e-6, "{other:?}");
        }
        let nothing = Box2 { left: 0.0, top: 0.0, width: 0.0, height: 0.0 };
        assert_eq!(nothing.overlap(nothing), 0.0);
    }

    #[test]
    fn a_head_turned_to_its_left_has_yaw_and_nothing_else() {
        let mut points = Box::new([[0.0; 3]; POINTS]);
        points[point::RIGHT_EDGE] = [0.0, 0.0, 0.0];
        points[point::LEFT_EDGE] = [10.0, 0.0, 10.0];
        points[point::FOREHEAD] = [5.0, -8.0, 5.0];
        points[point::CHIN] = [5.0, 8.0, 5.0];
        let pose = Face::new(points).pose();
        assert!((pose.yaw - 45.0).abs() < 1e-3 && pose.pitch.abs() < 1e-3 && pose.roll.abs() < 1e-3, "{pose:?}");
    }
}
