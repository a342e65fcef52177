//! A picture at a glance: its luma in a grid of 16 by 12 cells. Small enough to keep one of every picture of a recording, which is
//! what tells a cut, a frozen picture or a loop: none of them is seen in a single picture, and all of them concern the whole of it.

use crate::decode::Frame;

const COLUMNS: usize = 16;
const ROWS: usize = 12;
const CELLS: usize = COLUMNS * ROWS;

/// Sixty-fourths of an 8-bit step: the mean of a cell is finer than its pixels.
const PARTS: f32 = 64.0;

/// One picture at a glance.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Glance {
    cells: Box<[u16; CELLS]>,
}

impl Glance {
    pub(crate) fn at(frame: &Frame) -> Self {
        let mut cells = Box::new([0; CELLS]);
        for (cell, luma) in cells.iter_mut().zip(frame.luma_in_cells(COLUMNS, ROWS)) {
            *cell = parts(luma);
        }
        Self { cells }
    }

    /// By how much two pictures differ on average, in 8-bit steps.
    #[expect(clippy::cast_precision_loss, reason = "192 cells of 16 bits")]
    pub(crate) fn difference(&self, other: &Self) -> f32 {
        let sum: u32 = self.cells.iter().zip(other.cells.iter()).map(|(one, other)| u32::from(one.abs_diff(*other))).sum();
        sum as f32 / PARTS / CELLS as f32
    }

    /// How alike two pictures are, -1 to 1, whatever the exposure of either; none when one of them shows next to nothing.
    pub(crate) fn likeness(&self, other: &Self) -> Option<f32> {
        /// Below this many 8-bit steps around the mean there is no picture, only noise.
        const LEAST_DEVIATION: f32 = 2.0;
        let (one, other) = (self.deviations(), other.deviations());
        let dot = |one: &[f32], other: &[f32]| one.iter().zip(other).map(|(one, other)| one * other).sum::<f32>() / 192.0;
        let (own, others) = (dot(&one, &one).sqrt(), dot(&other, &other).sqrt());
        (own >= LEAST_DEVIATION && others >= LEAST_DEVIATION).then(|| (dot(&one, &other) / (own * others)).clamp(-1.0, 1.0))
    }

    fn deviations(&self) -> Vec<f32> {
        let steps: Vec<f32> = self.cells.iter().map(|&cell| f32::from(cell) / PARTS).collect();
        let mean = steps.iter().sum::<f32>() / 192.0;
        steps.iter().map(|step| step - mean).collect()
    }
}

#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "luma is at most 255")]
fn parts(luma: f32) -> u16 {
    (luma * PARTS).round().clamp(0.0, 65535.0) as u16
}

/// A picture for tests: every cell's luma by its number.
#[cfg(test)]
pub(crate) fn drawn(luma: impl Fn(usize) -> f32) -> Glance {
    let mut cells = Box::new([0; CELLS]);
    cells.iter_mut().enumerate().for_each(|(number, cell)| *cell = parts(luma(number)));
    Glance { cells }
}

#[cfg(test)]
#[expect(clippy::float_cmp, clippy::cast_precision_loss, reason = "these values are exact")]
mod tests {
    use super::*;
    use crate::decode::{Colour, Planes};

    #[test]
    fn cells_are_means_of_their_pixels() {
        // 100 by 70 pixels do not divide into the grid; the cells share them out.
        let y: Vec<u8> = (0..100 * 70).map(|at| if at % 100 < 50 { 10 } else { 201 }).collect();
        let planes = Planes { y, u: vec![128; 50 * 35], v: vec![128; 50 * 35] };
        let glance = Glance::at(&Frame::new(0, 100, 70, planes, Colour::new(true, 5)).unwrap());
        assert_eq!(glance, drawn(|number| if number % COLUMNS < 8 { 10.0 } else { 201.0 }));
    }

    #[test]
    fn difference_is_in_steps_and_likeness_ignores_exposure() {
        let scene = drawn(|number| 40.0 + (number % 7) as f32 * 10.0);
        let brighter = drawn(|number| 60.0 + (number % 7) as f32 * 15.0);
        let other = drawn(|number| 40.0 + (number % 5) as f32 * 14.0);
        assert_eq!(scene.difference(&scene), 0.0);
        assert!((20.0..60.0).contains(&scene.difference(&brighter)));
        assert!(scene.likeness(&brighter).unwrap() > 0.999);
        assert!(scene.likeness(&other).unwrap() < 0.3);
        assert_eq!(drawn(|_| 90.0).likeness(&scene), None);
    }
}
