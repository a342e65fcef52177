//! Three numbers at a time: places and directions in metres (x to the right, y down, z away from the camera), and light (red, green, blue).
#![expect(clippy::many_single_char_names, reason = "coordinates have no other names")]

/// A place, a direction or a light.
pub(crate) type Vector = [f32; 3];

pub(crate) fn add([a, b, c]: Vector, [x, y, z]: Vector) -> Vector {
    [a + x, b + y, c + z]
}

pub(crate) fn minus([a, b, c]: Vector, [x, y, z]: Vector) -> Vector {
    [a - x, b - y, c - z]
}

pub(crate) fn scaled([x, y, z]: Vector, by: f32) -> Vector {
    [x * by, y * by, z * by]
}

pub(crate) fn times([a, b, c]: Vector, [x, y, z]: Vector) -> Vector {
    [a * x, b * y, c * z]
}

pub(crate) fn dot([a, b, c]: Vector, [x, y, z]: Vector) -> f32 {
    a * x + b * y + c * z
}

pub(crate) fn cross([a, b, c]: Vector, [x, y, z]: Vector) -> Vector {
    [b * z - c * y, c * x - a * z, a * y - b * x]
}

pub(crate) fn unit(vector: Vector) -> Vector {
    scaled(vector, 1.0 / dot(vector, vector).sqrt().max(1e-9))
}

/// 0 up to `low`, 1 from `high` on, and smooth between them.
pub(crate) fn smooth(low: f32, high: f32, value: f32) -> f32 {
    let share = ((value - low) / (high - low)).clamp(0.0, 1.0);
    share * share * (3.0 - 2.0 * share)
}
