//! A decoded picture in 4:2:0, and the reading of colours out of it at any place, by the range and the matrix it was stored with.

use crate::VideoError;

/// A decoded picture.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Frame {
    pts_us: i64,
    width: u32,
    height: u32,
    planes: Planes,
    colour: Colour,
}

/// Luma and the two chroma planes, row by row without padding; chroma has half the size, rounded up.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Planes {
    pub(crate) y: Vec<u8>,
    pub(crate) u: Vec<u8>,
    pub(crate) v: Vec<u8>,
}

/// How luma and chroma become red, green and blue.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Colour {
    luma_zero: f32,
    luma_scale: f32,
    red_from_v: f32,
    green_from_u: f32,
    green_from_v: f32,
    blue_from_u: f32,
}

impl Colour {
    /// `matrix` is a number of ITU-T H.273: 1 is BT.709, 9 and 10 are BT.2020, everything else is read as BT.601.
    pub(crate) fn new(full_range: bool, matrix: u8) -> Self {
        let (red, blue) = match matrix {
            1 => (0.2126, 0.0722),
            9 | 10 => (0.2627, 0.0593),
            _ => (0.299, 0.114),
        };
        let green = 1.0 - red - blue;
        let (luma_zero, luma_scale, chroma_scale) =
            if full_range { (0.0, 1.0 / 255.0, 1.0 / 255.0) } else { (16.0, 1.0 / 219.0, 1.0 / 224.0) };
        let (red_from_v, blue_from_u) = (2.0 * (1.0 - red), 2.0 * (1.0 - blue));
        Self {
            luma_zero,
            luma_scale,
            red_from_v: red_from_v * chroma_scale,
            green_from_u: -blue * blue_from_u / green * chroma_scale,
            green_from_v: -red * red_from_v / green * chroma_scale,
            blue_from_u: blue_from_u * chroma_scale,
        }
    }

    #[inline]
    fn rgb(self, y: f32, u: f32, v: f32) -> [f32; 3] {
        self.tinted(y, self.tint(u, v))
    }

    /// What chroma adds to each channel.
    #[inline]
    fn tint(self, u: f32, v: f32) -> [f32; 3] {
        let (u, v) = (u - 128.0, v - 128.0);
        [self.red_from_v * v, self.green_from_u * u + self.green_from_v * v, self.blue_from_u * u]
    }

    #[inline]
    fn tinted(self, y: f32, tint: [f32; 3]) -> [f32; 3] {
        let luma = (y - self.luma_zero) * self.luma_scale;
        tint.map(|added| (luma + added).clamp(0.0, 1.0))
    }
}

impl Frame {
    /// A picture whose planes have the sizes that go with `width` and `height`.
    pub(crate) fn new(pts_us: i64, width: u32, height: u32, planes: Planes, colour: Colour) -> Result<Self, VideoError> {
        let luma = width as usize * height as usize;
        let chroma = width.div_ceil(2) as usize * height.div_ceil(2) as usize;
        if luma == 0 || planes.y.len() != luma || planes.u.len() != chroma || planes.v.len() != chroma {
            return Err(VideoError::Damaged("a picture has planes of other sizes than it says".to_owned()));
        }
        Ok(Self { pts_us, width, height, planes, colour })
    }

    /// Presentation time in microseconds.
    pub(crate) fn pts_us(&self) -> i64 {
        self.pts_us
    }

    pub(crate) fn width(&self) -> u32 {
        self.width
    }

    pub(crate) fn height(&self) -> u32 {
        self.height
    }

    #[cfg(test)]
    pub(crate) fn planes(&self) -> &Planes {
        &self.planes
    }

    /// The luma that is read as white: 255 in full range, 235 in the range of video.
    #[cfg(test)]
    pub(crate) fn luma_of_white(&self) -> f32 {
        (1.0 / self.colour.luma_scale + self.colour.luma_zero).round()
    }

    /// Red, green and blue in 0-1 (still gamma-encoded) at a place given in pixels, interpolated; none outside of the picture.
    /// The centre of the first pixel is at (0.5, 0.5).
    #[inline]
    pub(crate) fn rgb_at(&self, x: f32, y: f32) -> Option<[f32; 3]> {
        let luma = self.stored_luma_at(x, y)?;
        let (u, v) = self.stored_chroma_at(x, y)?;
        Some(self.colour.rgb(luma, u, v))
    }

    /// The mean of the colours at two places a few pixels apart, each black outside of the picture. Chroma, of which there is a quarter, is read once, half way.
    pub(crate) fn rgb_of_both(&self, one: [f32; 2], other: [f32; 2]) -> [f32; 3] {
        let half_way = [f32::midpoint(one[0], other[0]), f32::midpoint(one[1], other[1])];
        if let (Some(luma), Some(second)) = (self.stored_luma_at(one[0], one[1]), self.stored_luma_at(other[0], other[1]))
            && let Some((u, v)) = self.stored_chroma_at(half_way[0], half_way[1])
        {
            return self.colour.rgb(f32::midpoint(luma, second), u, v);
        }
        let [one, other] = [one, other].map(|[x, y]| self.rgb_at(x, y).unwrap_or_default());
        [f32::midpoint(one[0], other[0]), f32::midpoint(one[1], other[1]), f32::midpoint(one[2], other[2])]
    }

    /// Luma in 0-1 at a place given in pixels, interpolated; none outside of the picture.
    #[inline]
    pub(crate) fn luma_at(&self, x: f32, y: f32) -> Option<f32> {
        let luma = self.stored_luma_at(x, y)?;
        Some(((luma - self.colour.luma_zero) * self.colour.luma_scale).clamp(0.0, 1.0))
    }

    #[expect(clippy::cast_precision_loss, reason = "sides are at most 1920")]
    #[inline]
    fn stored_luma_at(&self, x: f32, y: f32) -> Option<f32> {
        if !(x >= 0.0 && y >= 0.0 && x < self.width as f32 && y < self.height as f32) {
            return None;
        }
        Spot::new(self.width, self.height, x - 0.5, y - 0.5).of(&self.planes.y)
    }

    #[inline]
    fn stored_chroma_at(&self, x: f32, y: f32) -> Option<(f32, f32)> {
        let spot = Spot::new(self.width.div_ceil(2), self.height.div_ceil(2), x / 2.0 - 0.5, y / 2.0 - 0.5);
        Some((spot.of(&self.planes.u)?, spot.of(&self.planes.v)?))
    }

    /// The mean of the stored luma, 0-255, in each cell of a grid over the picture, row by row.
    #[expect(clippy::cast_precision_loss, reason = "sums of a few million pixels of a byte each")]
    pub(crate) fn luma_in_cells(&self, columns: usize, rows: usize) -> Vec<f32> {
        let (width, height) = (self.width as usize, self.height as usize);
        let edge = |number: usize, cells: usize, length: usize| number * length / cells;
        let mut means = Vec::with_capacity(columns * rows);
        let mut sums = vec![0_u32; columns];
        for row in 0..rows {
            sums.fill(0);
            let (top, bottom) = (edge(row, rows, height), edge(row + 1, rows, height));
            for line in self.planes.y.get(top * width..bottom * width).unwrap_or_default().chunks_exact(width) {
                for (column, sum) in sums.iter_mut().enumerate() {
                    let cell = line.get(edge(column, columns, width)..edge(column + 1, columns, width)).unwrap_or_default();
                    *sum += cell.iter().map(|&luma| u32::from(luma)).sum::<u32>();
                }
            }
            means.extend(sums.iter().enumerate().map(|(column, &sum)| {
                let pixels = (bottom - top) * (edge(column + 1, columns, width) - edge(column, columns, width));
                sum as f32 / pixels.max(1) as f32
            }));
        }
        means
    }

    /// The whole picture as interleaved 8-bit RGB, each pixel standing for a square of `step` by `step` pixels. Undiminished, each pixel has the chroma that is
    /// stored for it and three neighbours: what is stored again with half the chroma loses nothing.
    pub(crate) fn to_rgb(&self, step: u32) -> (u16, u16, Vec<u8>) {
        let step = step.max(1);
        let (width, height) = (self.width / step, self.height / step);
        let rgb = if step == 1 { self.stored_rgb() } else { self.diminished_rgb(step) };
        #[expect(clippy::cast_possible_truncation, reason = "sides are at most 1920")]
        let (width, height) = (width as u16, height as u16);
        (width, height, rgb)
    }

    fn stored_rgb(&self) -> Vec<u8> {
        let width = self.width as usize;
        let mut rgb = vec![0; 3 * width * self.height as usize];
        let chroma_width = width.div_ceil(2);
        let chroma_rows = self.planes.u.chunks_exact(chroma_width).zip(self.planes.v.chunks_exact(chroma_width));
        // Two rows and two columns of luma share one of chroma.
        let pairs = self.planes.y.chunks(2 * width).zip(rgb.chunks_mut(6 * width));
        for ((lumas, pixels), (us, vs)) in pairs.zip(chroma_rows) {
            for (lumas, pixels) in lumas.chunks_exact(width).zip(pixels.chunks_exact_mut(3 * width)) {
                for ((lumas, pixels), (&u, &v)) in lumas.chunks(2).zip(pixels.chunks_mut(6)).zip(us.iter().zip(vs)) {
                    let tint = self.colour.tint(f32::from(u), f32::from(v));
                    for (&luma, pixel) in lumas.iter().zip(pixels.chunks_exact_mut(3)) {
                        pixel.copy_from_slice(&self.colour.tinted(f32::from(luma), tint).map(byte));
                    }
                }
            }
        }
        rgb
    }

    #[expect(clippy::cast_precision_loss, reason = "sides are at most 1920")]
    fn diminished_rgb(&self, step: u32) -> Vec<u8> {
        let middle = |number: u32| (number as f32 + 0.5) * step as f32;
        let (width, height) = (self.width / step, self.height / step);
        let places = (0..height).flat_map(|row| (0..width).map(move |column| (middle(column), middle(row))));
        places.flat_map(|(x, y)| self.rgb_at(x, y).unwrap_or_default().map(byte)).collect()
    }
}

/// The nearest byte to a channel in 0-1.
#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a channel is clamped to 0-1, and a cast keeps to the byte")]
fn byte(channel: f32) -> u8 {
    (channel * 255.0 + 0.5) as u8
}

/// A place between samples whose places are whole numbers, for bilinear interpolation; beyond the edge the edge continues.
#[derive(Debug, Clone, Copy)]
struct Spot {
    /// Where the upper and the lower pair of samples begin.
    upper: usize,
    lower: usize,
    /// From the left sample of a pair to the right one.
    right: usize,
    along: f32,
    down: f32,
}

impl Spot {
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        clippy::cast_precision_loss,
        reason = "places are clamped into the plane"
    )]
    #[inline]
    fn new(width: u32, height: u32, x: f32, y: f32) -> Self {
        let (x, y) = (x.clamp(0.0, (width - 1) as f32), y.clamp(0.0, (height - 1) as f32));
        // By way of a signed number, which is a single instruction; the places fit.
        let (left, top) = (x as i32 as usize, y as i32 as usize);
        let stride = width as usize;
        let upper = top * stride + left;
        let lower = if top + 1 < height as usize { upper + stride } else { upper };
        Self { upper, lower, right: usize::from(left + 1 < stride), along: x - left as f32, down: y - top as f32 }
    }

    /// The value of a plane there.
    #[inline]
    fn of(self, plane: &[u8]) -> Option<f32> {
        let sample = |at: usize| plane.get(at).map(|&value| f32::from(value));
        let (upper, lower) = (sample(self.upper)?, sample(self.lower)?);
        let upper = upper + (sample(self.upper + self.right)? - upper) * self.along;
        let lower = lower + (sample(self.lower + self.right)? - lower) * self.along;
        Some(upper + (lower - upper) * self.down)
    }
}

#[cfg(test)]
#[expect(clippy::float_cmp, reason = "these values are exact")]
mod tests {
    use super::*;

    fn flat(y: u8, u: u8, v: u8, colour: Colour) -> Frame {
        let planes = Planes { y: vec![y; 64 * 64], u: vec![u; 32 * 32], v: vec![v; 32 * 32] };
        Frame::new(0, 64, 64, planes, colour).unwrap()
    }

    #[test]
    fn the_primaries_come_out_of_each_storage() {
        // Luma and chroma of pure colours by the formulas of BT.601 and BT.709, rounded.
        let cases = [
            ("black, video range", flat(16, 128, 128, Colour::new(false, 5)), [0.0, 0.0, 0.0]),
            ("white, video range", flat(235, 128, 128, Colour::new(false, 5)), [1.0, 1.0, 1.0]),
            ("white, full range", flat(255, 128, 128, Colour::new(true, 1)), [1.0, 1.0, 1.0]),
            ("red, BT.601 full", flat(76, 85, 255, Colour::new(true, 5)), [1.0, 0.0, 0.0]),
            ("red, BT.601 video", flat(81, 90, 240, Colour::new(false, 6)), [1.0, 0.0, 0.0]),
            ("green, BT.709 video", flat(173, 42, 26, Colour::new(false, 1)), [0.0, 1.0, 0.0]),
            ("blue, BT.709 full", flat(18, 255, 116, Colour::new(true, 1)), [0.0, 0.0, 1.0]),
        ];
        for (name, frame, expected) in cases {
            let got = frame.rgb_at(20.0, 20.0).unwrap();
            for (got, expected) in got.iter().zip(expected) {
                assert!((got - expected).abs() < 0.012, "{name}: {got} instead of {expected}");
            }
        }
    }

    #[test]
    fn places_between_pixels_are_interpolated_and_outside_there_is_nothing() {
        let y: Vec<u8> = (0..64 * 64).map(|at| u8::try_from(at % 64).unwrap()).collect();
        let planes = Planes { y, u: vec![128; 32 * 32], v: vec![128; 32 * 32] };
        let frame = Frame::new(0, 64, 64, planes, Colour::new(true, 5)).unwrap();
        let at = |x: f32| (frame.rgb_at(x, 8.0).unwrap().first().unwrap() * 255.0 * 4.0).round() / 4.0;
        assert_eq!([at(0.2), at(10.5), at(10.75), at(11.0), at(63.9)], [0.0, 10.0, 10.25, 10.5, 63.0]);
        for (x, y) in [(-0.1, 5.0), (5.0, 64.0), (f32::NAN, 5.0), (f32::INFINITY, 0.0)] {
            assert_eq!(frame.rgb_at(x, y), None, "({x}, {y})");
        }
    }

    #[test]
    fn planes_of_another_size_are_refused() {
        let planes = Planes { y: vec![0; 63 * 64], u: vec![0; 32 * 32], v: vec![0; 32 * 32] };
        assert!(Frame::new(0, 64, 64, planes, Colour::new(true, 5)).is_err());
    }
}
