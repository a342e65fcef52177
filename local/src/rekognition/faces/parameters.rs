//! The parameters that several face operations share, checked against the model: ids, thresholds, page sizes.

use super::super::exception::Exception;
use super::super::request::is_session_id;

/// A collection's id, the model's `CollectionId`.
pub(super) fn collection_id(id: Option<String>) -> Result<String, Exception> {
    let id = id.ok_or_else(|| Exception::invalid_parameter("CollectionId is required"))?;
    if matches(&id, "_.-") {
        Ok(id)
    } else {
        Err(Exception::invalid_parameter("CollectionId is not 1 to 255 of a-z, A-Z, 0-9, _, . and -"))
    }
}

/// What the caller calls a picture, the model's `ExternalImageId`.
pub(super) fn external_image_id(id: Option<String>) -> Result<Option<String>, Exception> {
    match id {
        Some(id) if !matches(&id, "_.-:") => {
            Err(Exception::invalid_parameter("ExternalImageId is not 1 to 255 of a-z, A-Z, 0-9, _, ., - and :"))
        }
        id => Ok(id),
    }
}

/// A face's id, the model's `FaceId`: a UUID in lower case, like a session's.
pub(super) fn face_id(id: String) -> Result<String, Exception> {
    if is_session_id(&id) { Ok(id) } else { Err(Exception::invalid_parameter("a FaceId is not a lower-case UUID of 36 characters")) }
}

/// A list of face ids, the model's `FaceIdList`.
pub(super) fn face_ids(ids: Vec<String>) -> Result<Vec<String>, Exception> {
    if !(1..=4096).contains(&ids.len()) {
        return Err(Exception::invalid_parameter("FaceIds does not hold 1 to 4096 ids"));
    }
    ids.into_iter().map(face_id).collect()
}

/// A threshold of 0-100, the model's `Percent`; 80 where none is given, as `API_CompareFaces` and `API_SearchFacesByImage` say.
pub(super) fn threshold(value: Option<f32>, field: &str) -> Result<f32, Exception> {
    let value = value.unwrap_or(80.0);
    if (0.0..=100.0).contains(&value) { Ok(value) } else { Err(Exception::invalid_parameter(format!("{field} is not within 0 to 100"))) }
}

/// At most how many faces an answer may hold.
pub(super) fn most(value: Option<i64>, field: &str, default: usize, range: std::ops::RangeInclusive<usize>) -> Result<usize, Exception> {
    let Some(value) = value else { return Ok(default) };
    let value = usize::try_from(value).ok().filter(|value| range.contains(value));
    value.ok_or_else(|| Exception::invalid_parameter(format!("{field} is not within {} to {}", range.start(), range.end())))
}

fn matches(id: &str, more: &str) -> bool {
    let plain = id.chars().all(|character| character.is_ascii_alphanumeric() || more.contains(character));
    plain && (1..=255).contains(&id.len())
}
