//! Is the face deep? Value of `parallax.planar`: how far the mesh of the near face departs from the best perspective view of the far
//! one, in widths of the face. A flat picture that comes closer only changes its view; a head also changes its proportions, the nose
//! growing faster than the ears. It is a hint: of six faces one failed it, and it is gated on heads that look ahead, because a mesh
//! bends by itself when they turn.

use super::{rising, unmeasured};
use crate::Cue;
use crate::face::POINTS;
use crate::track::{Seen, Track};

/// Beyond this angle the mesh is not compared.
const MOST_YAW: f32 = 15.0;

pub(super) fn cue(track: &Track) -> Cue {
    let (far, near) = (mean_shape(&track.first(500.0)), mean_shape(&track.last(500.0)));
    let residual = far.zip(near).and_then(|(far, near)| planar_residual(&far, &near));
    let Some(residual) = residual else {
        return unmeasured("parallax.planar", "the face does not look ahead at the beginning and at the end, or does not move");
    };
    let said = format!(
        "Far and near face differ from two views of one flat picture by {:.2} % of the face's width; a head gives about 0.85 % or more, and this is a hint only.",
        100.0 * residual
    );
    rising("parallax.planar", residual, 0.0085, 0.002, said)
}

/// The mean of the frontal meshes, each moved to the middle of the face and scaled to its width.
#[expect(clippy::cast_precision_loss, reason = "a dozen samples")]
fn mean_shape(seen: &[&Seen]) -> Option<Vec<[f64; 2]>> {
    let frontal: Vec<&&Seen> = seen.iter().filter(|seen| seen.pose.yaw.abs() < MOST_YAW && seen.outline.width > 0.0).collect();
    if frontal.is_empty() {
        return None;
    }
    let mut shape = vec![[0.0_f64; 2]; POINTS];
    for seen in &frontal {
        let ([x, y], width) = (seen.outline.center(), seen.outline.width);
        for (mean, point) in shape.iter_mut().zip(seen.face.flat_points()) {
            mean[0] += f64::from((point[0] - x) / width) / frontal.len() as f64;
            mean[1] += f64::from((point[1] - y) / width) / frontal.len() as f64;
        }
    }
    Some(shape)
}

/// The root mean square distance between `near` and the homography of `far` that comes closest to it; none when there is no such.
#[expect(clippy::cast_precision_loss, clippy::cast_possible_truncation, reason = "468 points")]
fn planar_residual(far: &[[f64; 2]], near: &[[f64; 2]]) -> Option<f32> {
    // With its last entry fixed at 1, a homography solves two linear equations in eight unknowns for each pair of points.
    let mut normal = [[0.0_f64; 9]; 8];
    for ([x, y], [u, v]) in far.iter().zip(near) {
        for row in [[*x, *y, 1.0, 0.0, 0.0, 0.0, -u * x, -u * y, *u], [0.0, 0.0, 0.0, *x, *y, 1.0, -v * x, -v * y, *v]] {
            for (line, left) in normal.iter_mut().zip(row) {
                line.iter_mut().zip(row).for_each(|(sum, right)| *sum += left * right);
            }
        }
    }
    let [x_of_x, x_of_y, x_moved, y_of_x, y_of_y, y_moved, depth_of_x, depth_of_y] = solve(normal)?;
    let mut sum = 0.0;
    for ([x, y], [u, v]) in far.iter().zip(near) {
        let depth = depth_of_x * x + depth_of_y * y + 1.0;
        if depth.abs() < 1e-6 {
            return None;
        }
        let seen = [x_of_x * x + x_of_y * y + x_moved, y_of_x * x + y_of_y * y + y_moved];
        sum += (seen[0] / depth - u).powi(2) + (seen[1] / depth - v).powi(2);
    }
    Some((sum / far.len().max(1) as f64).sqrt() as f32)
}

/// Solves eight linear equations (coefficients, then the right side) by elimination; none when they do not decide the unknowns.
fn solve(mut lines: [[f64; 9]; 8]) -> Option<[f64; 8]> {
    for column in 0..8 {
        let best = (column..8).max_by(|&one, &other| size(&lines, one, column).total_cmp(&size(&lines, other, column)))?;
        lines.swap(column, best);
        let pivot = *lines.get(column)?;
        let leading = *pivot.get(column)?;
        if leading.abs() < 1e-12 {
            return None;
        }
        for (number, line) in lines.iter_mut().enumerate() {
            if number != column {
                let factor = line.get(column)? / leading;
                line.iter_mut().zip(pivot).for_each(|(value, above)| *value -= factor * above);
            }
        }
    }
    let mut solution = [0.0; 8];
    for (number, (value, line)) in solution.iter_mut().zip(&lines).enumerate() {
        *value = line.last()? / line.get(number)?;
    }
    Some(solution)
}

fn size(lines: &[[f64; 9]; 8], line: usize, column: usize) -> f64 {
    lines.get(line).and_then(|line| line.get(column)).map_or(0.0, |value| value.abs())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A face-like dome: a grid that bulges towards the camera in its middle, seen from `distance` face widths away.
    fn dome(distance: f64, bulge: f64) -> Vec<[f64; 2]> {
        (0..468_u16)
            .map(|number| {
                let (x, y) = (f64::from(number % 22) / 21.0 - 0.5, f64::from(number / 22) / 21.0 - 0.5);
                let depth = distance - bulge * (1.0 - 4.0 * (x * x + y * y)).max(0.0);
                [x * distance / depth, y * distance / depth]
            })
            .collect()
    }

    #[test]
    fn a_flat_face_fits_any_view_of_itself_and_a_deep_one_does_not() {
        let flat = planar_residual(&dome(4.0, 0.0), &dome(1.2, 0.0)).unwrap();
        assert!(flat < 1e-6, "{flat}");
        // Tilted and moved, it is still flat.
        let tilted: Vec<[f64; 2]> =
            dome(4.0, 0.0).iter().map(|[x, y]| [(x + 0.1) / (1.0 + 0.2 * x), (0.9 * y - 0.2) / (1.0 + 0.2 * x)]).collect();
        assert!(planar_residual(&dome(4.0, 0.0), &tilted).unwrap() < 1e-6);
        let deep = planar_residual(&dome(4.0, 0.25), &dome(1.2, 0.25)).unwrap();
        assert!(deep > 0.0085, "{deep}");
    }

    #[test]
    fn points_on_one_spot_decide_nothing() {
        assert_eq!(planar_residual(&[[0.0; 2]; 10], &[[0.0; 2]; 10]), None);
    }
}
