//! Cutting a square out of a picture, turned and scaled to what a network takes.

use crate::decode::Frame;

/// A square somewhere in a picture, possibly turned, possibly reaching over its edge.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Region {
    /// Centre in pixels.
    pub(crate) center: [f32; 2],
    /// Side in pixels.
    pub(crate) side: f32,
    /// Sine and cosine of its clockwise turn (the vertical axis of pictures points down).
    direction: [f32; 2],
}

impl Region {
    /// An upright square.
    pub(crate) fn upright(center: [f32; 2], side: f32) -> Self {
        Self { center, side, direction: [0.0, 1.0] }
    }

    /// A square turned clockwise by an angle in radians.
    pub(crate) fn turned(center: [f32; 2], side: f32, angle: f32) -> Self {
        let (sin, cos) = angle.sin_cos();
        Self { center, side, direction: [sin, cos] }
    }

    /// Where a place in the square, in fractions of its side, is in the picture.
    #[inline]
    pub(crate) fn to_frame(self, [x, y]: [f32; 2]) -> [f32; 2] {
        let [sin, cos] = self.direction;
        let (x, y) = ((x - 0.5) * self.side, (y - 0.5) * self.side);
        [self.center[0] + x * cos - y * sin, self.center[1] + x * sin + y * cos]
    }

    /// The square as `side` by `side` RGB pixels, interleaved, each channel `scale * value + offset` of 0-1; black beyond the edge.
    /// Where the square shrinks a lot, each pixel averages four or sixteen places, which keeps fine texture from turning into noise; in the mesh's
    /// input, which is large and cut most often, two across a diagonal do.
    #[expect(clippy::cast_precision_loss, reason = "sides are a few hundred")]
    pub(crate) fn cut(self, frame: &Frame, side: usize, scale: f32, offset: f32) -> Vec<f32> {
        const LARGE: usize = 192;
        let mut values = vec![0.0; 3 * side * side];
        let at = |column: f32, row: f32| self.to_frame([column / side as f32, row / side as f32]);
        let several = |places: &[f32], column: f32, row: f32| {
            let mut sum = [0.0_f32; 3];
            for (down, along) in places.iter().flat_map(|down| places.iter().map(move |along| (down, along))) {
                let [x, y] = at(column + along, row + down);
                let pixel = frame.rgb_at(x, y).unwrap_or_default();
                sum.iter_mut().zip(pixel).for_each(|(sum, channel)| *sum += channel);
            }
            let weight = 1.0 / (places.len() * places.len()) as f32;
            sum.map(|channel| channel * weight)
        };
        let pixel = |column: f32, row: f32| match self.side / side as f32 {
            shrink if shrink > 6.0 => several(&[0.125, 0.375, 0.625, 0.875], column, row),
            shrink if shrink > 2.5 && side >= LARGE => frame.rgb_of_both(at(column + 0.25, row + 0.25), at(column + 0.75, row + 0.75)),
            shrink if shrink > 2.5 => several(&[0.25, 0.75], column, row),
            _ => several(&[0.5], column, row),
        };
        fill(&mut values, side, |column, row| pixel(column, row).map(|channel| channel * scale + offset));
        values
    }

    /// The square as `side` by `side` luma values in 0-1.
    #[expect(clippy::cast_precision_loss, reason = "sides are a few hundred")]
    pub(crate) fn cut_luma(self, frame: &Frame, side: usize) -> Vec<f32> {
        let mut values = vec![0.0; side * side];
        fill(&mut values, side, |column, row| {
            let [x, y] = self.to_frame([(column + 0.5) / side as f32, (row + 0.5) / side as f32]);
            [frame.luma_at(x, y).unwrap_or_default()]
        });
        values
    }
}

/// Fills a square of `side` by `side` pixels, by the number of their column and row.
#[expect(clippy::cast_precision_loss, reason = "sides are a few hundred")]
fn fill<const CHANNELS: usize>(values: &mut [f32], side: usize, pixel: impl Fn(f32, f32) -> [f32; CHANNELS]) {
    for (row, line) in values.chunks_exact_mut(CHANNELS * side).enumerate() {
        for (column, value) in line.chunks_exact_mut(CHANNELS).enumerate() {
            value.copy_from_slice(&pixel(column as f32, row as f32));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_turned_square_maps_its_corners() {
        let region = Region::turned([100.0, 50.0], 20.0, std::f32::consts::FRAC_PI_2);
        let close = |[x, y]: [f32; 2], [u, v]: [f32; 2]| (x - u).abs() < 1e-4 && (y - v).abs() < 1e-4;
        assert!(close(region.to_frame([0.5, 0.5]), [100.0, 50.0]));
        assert!(close(region.to_frame([1.0, 0.5]), [100.0, 60.0]), "right becomes down when turned clockwise");
        assert!(close(region.to_frame([0.0, 0.0]), [110.0, 40.0]));
    }
}
