//! Surfaces: a grid of places in metres with a picture laid over it, and what they give back of the light. A head, a sheet of paper and a
//! screen are all such grids.

use super::light::{Light, Mirror};
use crate::texture::Texture;
use crate::vector::{Vector, add, cross, minus, scaled, times, unit};
use std::f32::consts::PI;

/// A grid of vertices, row by row.
#[derive(Debug, Clone)]
pub(crate) struct Mesh {
    pub(crate) columns: usize,
    pub(crate) places: Vec<Vector>,
    /// Fractions of the picture's sides.
    pub(crate) places_in_picture: Vec<[f32; 2]>,
}

/// A mesh with a picture and a material.
#[derive(Debug, Clone)]
pub(crate) struct Surface {
    pub(crate) mesh: Mesh,
    pub(crate) texture: Texture,
    pub(crate) material: Material,
}

/// What a surface does with light.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum Material {
    /// Scatters it, as skin and paper do; glossy paper also mirrors a share of it, blurred over so many metres.
    Scattering { gloss: f32, blur: f32 },
    /// Shines by itself with so many candela per square metre, behind glass that mirrors a share; the dark panel scatters a little.
    Shining { nits: f32, glass: f32 },
}

/// What a vertex adds to the picture: a factor for the texture, and light that comes on top of it.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Shade {
    pub(crate) factor: Vector,
    pub(crate) extra: Vector,
}

/// Where a body is: turned about its own middle, then moved.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Placement {
    /// Turn to the side, up and down, and in the plane, in radians.
    pub(crate) turn: [f32; 3],
    pub(crate) to: Vector,
}

/// A dark panel's share of scattered light.
const PANEL: f32 = 0.012;

impl Mesh {
    /// A grid of `columns` by `rows` over fractions of a picture, each with its place.
    pub(crate) fn grid(columns: usize, rows: usize, part: [f32; 4], place: impl Fn([f32; 2]) -> Vector) -> Self {
        let [left, top, right, bottom] = part;
        let mut mesh = Self { columns, places: Vec::new(), places_in_picture: Vec::new() };
        for row in 0..rows {
            for column in 0..columns {
                let (along, down) = (column as f32 / (columns - 1) as f32, row as f32 / (rows - 1) as f32);
                let at = [left + along * (right - left), top + down * (bottom - top)];
                mesh.places.push(place(at));
                mesh.places_in_picture.push(at);
            }
        }
        mesh
    }

    /// The grid somewhere else.
    pub(crate) fn placed(&self, placement: &Placement) -> Vec<Vector> {
        let ([yaw, pitch, roll], to) = (placement.turn, placement.to);
        let ((sin_yaw, cos_yaw), (sin_pitch, cos_pitch), (sin_roll, cos_roll)) = (yaw.sin_cos(), pitch.sin_cos(), roll.sin_cos());
        let turned = |[x, y, z]: Vector| {
            let [x, y] = [x * cos_roll - y * sin_roll, x * sin_roll + y * cos_roll];
            let [y, z] = [y * cos_pitch - z * sin_pitch, y * sin_pitch + z * cos_pitch];
            [x * cos_yaw + z * sin_yaw, y, z * cos_yaw - x * sin_yaw]
        };
        self.places.iter().map(|&place| add(turned(place), to)).collect()
    }

    /// Directions away from the surface, towards the camera.
    pub(crate) fn normals(&self, places: &[Vector]) -> Vec<Vector> {
        let rows = places.len() / self.columns;
        let at = |column: usize, row: usize| places[row * self.columns + column];
        let mut normals = Vec::with_capacity(places.len());
        for row in 0..rows {
            for column in 0..self.columns {
                let along = minus(at((column + 1).min(self.columns - 1), row), at(column.saturating_sub(1), row));
                let down = minus(at(column, (row + 1).min(rows - 1)), at(column, row.saturating_sub(1)));
                normals.push(unit(cross(down, along)));
            }
        }
        normals
    }
}

impl Surface {
    /// The light of every vertex.
    pub(crate) fn shades(&self, places: &[Vector], light: &Light) -> Vec<Shade> {
        let normals = self.mesh.normals(places);
        let shade = |(&place, &normal): (&Vector, &Vector)| {
            let falling = scaled(light.at(place, normal), 1.0 / PI);
            match self.material {
                Material::Scattering { gloss, blur } => {
                    let extra = if gloss > 0.0 { scaled(light.mirrored(place, normal, Mirror { blur }), gloss) } else { [0.0; 3] };
                    Shade { factor: falling, extra }
                }
                Material::Shining { nits, glass } => {
                    let mirrored = scaled(light.mirrored(place, normal, Mirror { blur: 0.01 }), glass);
                    Shade { factor: [nits; 3], extra: add(times(falling, [PANEL; 3]), mirrored) }
                }
            }
        };
        places.iter().zip(&normals).map(shade).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sheet_before_the_camera_looks_at_it() {
        let mesh = Mesh::grid(3, 3, [0.0, 0.0, 1.0, 1.0], |[u, v]| [u - 0.5, v - 0.5, 0.0]);
        let placed = mesh.placed(&Placement { turn: [0.0; 3], to: [0.0, 0.0, 1.0] });
        assert_eq!((placed[0], placed[8]), ([-0.5, -0.5, 1.0], [0.5, 0.5, 1.0]));
        assert!(mesh.normals(&placed).iter().all(|normal| (normal[2] + 1.0).abs() < 1e-6));
        let turned = mesh.placed(&Placement { turn: [0.5, 0.0, 0.0], to: [0.0, 0.0, 1.0] });
        assert!(mesh.normals(&turned).iter().all(|normal| (normal[2] + 0.5_f32.cos()).abs() < 1e-5 && normal[0].abs() > 0.4));
    }
}
