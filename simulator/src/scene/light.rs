//! The light on a surface, in lux per colour channel: what the room gives, and what the screen gives. The screen is as large as
//! it is, so its light falls off with the square of the distance only from some way on, and hardly reaches the wall behind.

use crate::vector::{Vector, add, dot, minus, scaled, smooth, times, unit};
use fastrand::Rng;

/// Rows of which the screen's light is made up; the colours scroll down over them.
pub(crate) const ROWS: usize = 6;

/// The room's light.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct RoomLight {
    /// On a face, from all sides together.
    pub(crate) lux: f32,
    /// Warm or cold.
    pub(crate) tint: Vector,
    /// How much of it comes from one side, and from where.
    pub(crate) directed: f32,
    pub(crate) from: Vector,
    /// How bright the wall is lit, as a share of the face.
    pub(crate) behind: f32,
}

/// The screen that shows the colours. The camera is at the origin, just above its upper edge.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Screen {
    pub(crate) width: f32,
    pub(crate) height: f32,
    /// Of white, in candela per square metre.
    pub(crate) nits: f32,
    /// How much of it the colours cover; the rest shows the page.
    pub(crate) covered: f32,
}

/// All light at one moment.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Light {
    pub(crate) room: RoomLight,
    pub(crate) screen: Screen,
    /// What the rows of the screen show, linear.
    pub(crate) rows: [Vector; ROWS],
}

/// How a surface mirrors.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Mirror {
    /// Metres over which the edge of what is mirrored is blurred.
    pub(crate) blur: f32,
}

/// The screen's upper edge is this far below the camera.
const BELOW_CAMERA: f32 = 0.008;

impl RoomLight {
    /// Between a living room in the evening and a place at the window; `bright` 0-1 says where between.
    pub(crate) fn draw(random: &mut Rng, bright: f32) -> Self {
        let lux = 40.0 * 25.0_f32.powf(bright);
        let warm = 0.25 * (random.f32() - 0.5);
        let side = if random.bool() { 1.0 } else { -1.0 };
        let from = unit([side * random.f32(), -0.3 - random.f32(), -0.2 - random.f32()]);
        Self { lux, tint: [1.0 + warm, 1.0, 1.0 - warm], directed: 0.6 * random.f32(), from, behind: 0.35 + 0.85 * random.f32() }
    }
}

impl Screen {
    fn row_center(&self, row: usize) -> f32 {
        BELOW_CAMERA + self.height * (row as f32 + 0.5) / ROWS as f32
    }
}

impl Light {
    /// What falls on a place.
    pub(crate) fn at(&self, place: Vector, normal: Vector) -> Vector {
        let room = &self.room;
        // Light from all sides comes more from above than from below.
        let around = (1.0 - room.directed) * (0.85 - 0.15 * normal[1]);
        let beamed = room.directed * 1.3 * dot(normal, room.from).max(0.0);
        add(scaled(room.tint, room.lux * (around + beamed)), self.of_screen(place, normal))
    }

    /// What of it comes from the screen.
    pub(crate) fn of_screen(&self, place: Vector, normal: Vector) -> Vector {
        const COLUMNS: [f32; 2] = [-0.25, 0.25];
        let part = self.screen.width * self.screen.height / (ROWS * COLUMNS.len()) as f32;
        let mut sum = [0.0; 3];
        for (row, &color) in self.rows.iter().enumerate() {
            let mut strength = 0.0;
            for column in COLUMNS {
                let way = minus([column * self.screen.width, self.screen.row_center(row), 0.0], place);
                let square = dot(way, way).max(1e-4);
                // Lambert's law at both ends; the screen looks along z.
                let cosines = (dot(way, normal) * place[2]).max(0.0) / square;
                strength += part * cosines / square;
            }
            sum = add(sum, scaled(color, self.screen.nits * strength));
        }
        sum
    }

    /// What a mirror at that place shows the camera: the screen where it is seen in it, the dim room elsewhere.
    pub(crate) fn mirrored(&self, place: Vector, normal: Vector, mirror: Mirror) -> Vector {
        let seen = unit(place);
        let away = minus(seen, scaled(normal, 2.0 * dot(seen, normal)));
        let room = scaled(self.room.tint, 0.2 * self.room.lux / std::f32::consts::PI);
        if away[2] > -1e-3 {
            return room;
        }
        let hit = add(place, scaled(away, -place[2] / away[2]));
        let inside = |low: f32, high: f32, value: f32| {
            smooth(low - mirror.blur, low + mirror.blur, value) * (1.0 - smooth(high - mirror.blur, high + mirror.blur, value))
        };
        let half = self.screen.width / 2.0;
        let share = inside(-half, half, hit[0]) * inside(BELOW_CAMERA, BELOW_CAMERA + self.screen.height, hit[1]);
        let row = ((hit[1] - BELOW_CAMERA) / self.screen.height * ROWS as f32).clamp(0.0, (ROWS - 1) as f32) as usize;
        add(scaled(room, 1.0 - share), scaled(self.rows[row], share * self.screen.nits))
    }

    /// What falls on the wall, so many metres behind the camera's place; it looks at the screen.
    pub(crate) fn on_wall(&self, distance: f32) -> Vector {
        let room = scaled(self.room.tint, self.room.lux * self.room.behind);
        add(room, self.of_screen([0.0, 0.0, distance], [0.0, 0.0, -1.0]))
    }

    /// The light without the screen's.
    pub(crate) fn unlit(mut self) -> Self {
        self.rows = [[0.0; 3]; ROWS];
        self
    }
}

/// What the rows of the screen show while `new` scrolls down over `old`, of which `share` is covered.
pub(crate) fn rows(old: Vector, new: Vector, share: f32, page: Vector, covered: f32) -> [Vector; ROWS] {
    std::array::from_fn(|row| {
        let reached = (share * ROWS as f32 - row as f32).clamp(0.0, 1.0);
        let color = add(scaled(new, reached), scaled(old, 1.0 - reached));
        add(scaled(color, covered), times(page, [1.0 - covered; 3]))
    })
}

#[cfg(test)]
#[expect(clippy::float_cmp, reason = "these values are exact")]
mod tests {
    use super::*;

    fn light(rows: [Vector; ROWS]) -> Light {
        let room = RoomLight { lux: 200.0, tint: [1.0; 3], directed: 0.0, from: [0.0, 0.0, -1.0], behind: 0.8 };
        Light { room, screen: Screen { width: 0.3, height: 0.19, nits: 300.0, covered: 1.0 }, rows }
    }

    #[test]
    fn the_screen_reaches_a_face_and_hardly_the_wall() {
        let white = light([[1.0; 3]; ROWS]);
        let on = |distance: f32| white.of_screen([0.0, 0.0, distance], [0.0, 0.0, -1.0])[0];
        assert!((60.0..250.0).contains(&on(0.3)), "{} lux on a face", on(0.3));
        assert!((on(1.0) / on(2.0) - 4.0).abs() < 0.3, "far away it falls off with the square: {} {}", on(1.0), on(2.0));
        assert!(on(2.0) < 0.04 * on(0.3), "{}", on(2.0));
        assert_eq!(white.of_screen([0.0, 0.0, 0.5], [0.0, 0.0, 1.0]), [0.0; 3], "the back of a head gets nothing");
    }

    #[test]
    fn colours_scroll_down() {
        let half = rows([1.0, 0.0, 0.0], [0.0, 0.0, 1.0], 0.5, [0.0; 3], 1.0);
        assert_eq!((half[0], half[2], half[3], half[5]), ([0.0, 0.0, 1.0], [0.0, 0.0, 1.0], [1.0, 0.0, 0.0], [1.0, 0.0, 0.0]));
    }

    #[test]
    fn glass_shows_the_screen_when_it_faces_it() {
        let white = light([[1.0; 3]; ROWS]);
        let facing = unit([0.0, 0.06, -0.3]);
        let (seen, elsewhere) = (
            white.mirrored([0.0, 0.0, 0.3], facing, Mirror { blur: 0.01 }),
            white.mirrored([0.0, 0.0, 0.3], unit([0.9, 0.0, -1.0]), Mirror { blur: 0.01 }),
        );
        assert!(seen[0] > 250.0 && elsewhere[0] < 20.0, "{seen:?} {elsewhere:?}");
    }
}
