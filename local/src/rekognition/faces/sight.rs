//! `DetectFaces` and `CompareFaces`: what pictures show, kept nowhere.

use super::super::exception::Exception;
use super::super::outcome::BoundingBox;
use super::Faces;
use super::analyst::Look;
use super::detail::{bounding_box, compared_face, face_detail};
use super::picture::Picture;
use super::quality::QualityFilter;
use super::request::{Compare, Detect};
use bytes::Bytes;
use prooflight_vision::Portrait;
use serde_json::{Value, json};

/// "The 100 largest faces" of a picture are answered (`API_DetectFaces`, `API_CompareFaces`).
const MOST_ANSWERED: usize = 100;

impl Faces {
    pub(super) async fn detect(&self, request: Detect) -> Result<Value, Exception> {
        let picture = request.image.fetch(&self.buckets).await?;
        let describe = move |[look]: [Look; 1]| {
            let portraits = look.portraits.iter().take(MOST_ANSWERED);
            let details: Vec<Value> = portraits.map(|portrait| face_detail(&look, portrait, request.attributes)).collect();
            Ok(json!({ "FaceDetails": details }))
        };
        self.analyst.look([picture], describe).await
    }

    /// Where the largest face of a picture is, if it shows one.
    pub(in super::super) async fn place_of_face(&self, picture: Bytes) -> Result<Option<BoundingBox>, Exception> {
        let place = |[look]: [Look; 1]| Ok(look.portraits.first().map(bounding_box));
        self.analyst.look([Picture::from(picture)], place).await
    }

    /// "If the source image contains multiple faces, the service detects the largest face" (`API_CompareFaces`).
    pub(super) async fn compare(&self, request: Compare) -> Result<Value, Exception> {
        let source = request.source.fetch(&self.buckets).await?;
        let target = request.target.fetch(&self.buckets).await?;
        let compare = move |[source, target]: [Look; 2]| {
            let face = largest(&source, request.quality)?;
            let wanted = source.embedding(face)?;
            let (mut matches, mut others) = (Vec::new(), Vec::new());
            let candidates = target.portraits.iter().filter(|portrait| request.quality.objections(portrait).is_empty());
            for portrait in candidates.take(MOST_ANSWERED) {
                let similarity = target.embedding(portrait)?.similarity(&wanted);
                if similarity >= request.threshold {
                    matches.push((similarity, portrait));
                } else {
                    others.push(compared_face(portrait));
                }
            }
            matches.sort_by(|(one, _), (other, _)| other.total_cmp(one));
            let found = |(similarity, portrait): &(f32, &Portrait)| json!({"Similarity": similarity, "Face": compared_face(portrait)});
            Ok(json!({
                "SourceImageFace": {"BoundingBox": bounding_box(face), "Confidence": face.confidence},
                "FaceMatches": matches.iter().map(found).collect::<Vec<_>>(),
                "UnmatchedFaces": others,
            }))
        };
        self.analyst.look([source, target], compare).await
    }
}

/// The largest face of a picture that has to show one.
pub(super) fn largest(look: &Look, quality: QualityFilter) -> Result<&Portrait, Exception> {
    let face = look.portraits.iter().find(|portrait| quality.objections(portrait).is_empty());
    face.ok_or_else(|| Exception::invalid_parameter("there are no faces in the image"))
}
