//! How old a face looks. The network is small: it missed five portraits of three people, aged 42 to 67, by four years on average and by eleven at
//! worst, and moves by years with the crop. It is there so that the paths of an age gate can be walked; nobody's age may be judged by it.

use crate::decode::Frame;
use crate::face::{Face, PortraitModels, Region};

/// An estimate: the age is somewhere between these.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct AgeRange {
    /// Years.
    pub low: u8,
    /// Years.
    pub high: u8,
}

const SIDE: usize = 112;

/// How wide the crops are, as multiples of the face's longer side: the estimate moves by years with the crop, so it is the mean over several.
const CROPS: [f32; 3] = [1.0, 1.1, 1.4];

/// Years to either side of the estimate: about as wide as Rekognition's ranges.
const MARGIN: f32 = 8.0;

#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "clamped to the years of a life")]
pub(super) fn age(models: &PortraitModels, frame: &Frame, face: &Face) -> Option<AgeRange> {
    let years = years(models, frame, face)?;
    let year = |years: f32| years.round().clamp(0.0, 120.0) as u8;
    years.is_finite().then(|| AgeRange { low: year(years - MARGIN), high: year(years + MARGIN) })
}

#[expect(clippy::cast_precision_loss, reason = "three crops")]
fn years(models: &PortraitModels, frame: &Frame, face: &Face) -> Option<f32> {
    let runner = models.runner();
    let outline = face.outline();
    let [right, left] = face.eyes();
    let turn = (left[1] - right[1]).atan2(left[0] - right[0]);
    let mut sum = 0.0;
    for width in CROPS {
        let region = Region::turned(outline.center(), width * outline.width.max(outline.height), turn);
        let [age, _gender] = runner.run(models.age(), SIDE, region.cut(frame, SIDE, 255.0, 0.0))?;
        sum += age.first()? / CROPS.len() as f32;
    }
    Some(sum)
}
