//! Light and detail measured in a picture: on the skin, behind the head, and how sharp the face is.

use super::geometry::Face;
use super::region::Region;
use crate::decode::Frame;

/// Mean linear light: red, green and blue in 0-1, proportional to what fell on the sensor.
pub(crate) type Light = [f32; 3];

/// Cameras store about the 2.2th root of the light.
const GAMMA: f32 = 2.2;

/// The light of a stored value in 0-1.
pub(super) fn linear(stored: f32) -> f32 {
    stored.powf(GAMMA)
}

/// The stored value, 0-1, of linear light.
pub(crate) fn stored(light: f32) -> f32 {
    light.max(0.0).powf(1.0 / GAMMA)
}

/// The light that three places of bare skin give back.
pub(crate) fn skin(frame: &Frame, face: &Face) -> Option<Light> {
    let radius = 0.09 * face.outline().width;
    mean(face.skin_places().into_iter().flat_map(|center| disc(center, radius, 6)).filter_map(|[x, y]| frame.rgb_at(x, y)))
}

/// The light from behind the head: what is to its left and right down to the chin, and above it, with a margin for hair and ears.
/// Below the chin are neck and shoulders, which reflect the screen as well. None when the face leaves less than one part in 24 of the picture.
#[expect(clippy::cast_precision_loss, reason = "sides are at most 1920")]
pub(crate) fn background(frame: &Frame, face: &Face) -> Option<Light> {
    const COLUMNS: u32 = 48;
    const ROWS: u32 = 36;
    let head = face.outline();
    let [center, _] = head.center();
    let across = frame.width() as f32 / COLUMNS as f32;
    let down = frame.height() as f32 / ROWS as f32;
    let behind = |[x, y]: [f32; 2]| {
        let beside = (x - center).abs() > 0.8 * head.width && y < head.top + head.height;
        beside || y < head.top - 0.4 * head.height
    };
    let places = (0..COLUMNS * ROWS)
        .map(|index| [((index % COLUMNS) as f32 + 0.5) * across, ((index / COLUMNS) as f32 + 0.5) * down])
        .filter(|&place| behind(place));
    let pixels: Vec<[f32; 3]> = places.filter_map(|[x, y]| frame.rgb_at(x, y)).collect();
    if pixels.len() * 24 < (COLUMNS * ROWS) as usize { None } else { mean(pixels.into_iter()) }
}

/// Relative luminance of linear light.
pub(crate) fn luminance([red, green, blue]: Light) -> f32 {
    0.2126 * red + 0.7152 * green + 0.0722 * blue
}

/// How bright linear light looks, 0-1, as a picture would store it.
pub(crate) fn brightness(light: Light) -> f32 {
    stored(luminance(light))
}

/// How sharp the face is: the variance of the Laplacian of its luma, on a chip of 112 pixels, in 8-bit steps squared. A frontal
/// portrait in focus gives hundreds, a blurred one less than fifty.
pub(crate) fn sharpness(frame: &Frame, face: &Face) -> f32 {
    const SIDE: usize = 112;
    let outline = face.outline();
    let region = Region::upright(outline.center(), outline.width.max(outline.height));
    let luma: Vec<f32> = region.cut_luma(frame, SIDE).iter().map(|luma| 255.0 * luma).collect();
    let mut laplacian = Vec::with_capacity(luma.len());
    let rows: Vec<&[f32]> = luma.chunks_exact(SIDE).collect();
    for [above, row, below] in rows.array_windows() {
        for ((x, [left, here, right]), up) in row.array_windows().enumerate().zip(above.iter().skip(1)) {
            let down = below.get(x + 1).copied().unwrap_or(*here);
            laplacian.push(left + right + up + down - 4.0 * here);
        }
    }
    variance(&laplacian)
}

/// The places of a grid inside a circle, `steps` of them from its middle to its edge.
pub(super) fn disc(center: [f32; 2], radius: f32, steps: i8) -> impl Iterator<Item = [f32; 2]> {
    (-steps..=steps).flat_map(move |down| {
        (-steps..=steps).filter_map(move |along| {
            let (x, y) = (f32::from(along) / f32::from(steps), f32::from(down) / f32::from(steps));
            (x * x + y * y <= 1.0).then(|| [center[0] + radius * x, center[1] + radius * y])
        })
    })
}

#[expect(clippy::cast_precision_loss, reason = "a few thousand pixels")]
pub(super) fn mean(pixels: impl Iterator<Item = [f32; 3]>) -> Option<Light> {
    let (mut sum, mut count) = ([0.0_f32; 3], 0_usize);
    for pixel in pixels {
        sum.iter_mut().zip(pixel).for_each(|(sum, channel)| *sum += linear(channel));
        count += 1;
    }
    (count > 0).then(|| sum.map(|channel| channel / count as f32))
}

#[expect(clippy::cast_precision_loss, reason = "a few thousand values")]
fn variance(values: &[f32]) -> f32 {
    let count = values.len().max(1) as f32;
    let mean = values.iter().sum::<f32>() / count;
    values.iter().map(|value| (value - mean).powi(2)).sum::<f32>() / count
}
