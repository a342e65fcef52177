//! The requests of the face operations, decoded and checked against every constraint of the model.

use super::super::exception::Exception;
use super::super::request::decode;
use super::detail::Attributes;
use super::parameters::{collection_id, external_image_id, face_id, face_ids, most, threshold};
use super::picture::{Source, WireImage};
use super::quality::QualityFilter;
use serde::Deserialize;

/// The operations about faces.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum FaceOperation {
    DetectFaces,
    CompareFaces,
    IndexFaces,
    SearchFacesByImage,
    SearchFaces,
    ListFaces,
    DeleteFaces,
    CreateCollection,
    DescribeCollection,
    ListCollections,
    DeleteCollection,
}

/// A valid request.
pub(super) enum FaceRequest {
    Detect(Detect),
    Compare(Compare),
    Index(Index),
    SearchByImage(SearchByImage),
    Gallery(Gallery),
}

/// `DetectFaces`.
pub(super) struct Detect {
    pub(super) image: Source,
    pub(super) attributes: Attributes,
}

/// `CompareFaces`.
pub(super) struct Compare {
    pub(super) source: Source,
    pub(super) target: Source,
    pub(super) threshold: f32,
    pub(super) quality: QualityFilter,
}

/// `IndexFaces`.
pub(super) struct Index {
    pub(super) collection: String,
    pub(super) image: Source,
    pub(super) external_image_id: Option<String>,
    pub(super) attributes: Attributes,
    pub(super) most: usize,
    pub(super) quality: QualityFilter,
}

/// `SearchFacesByImage`.
pub(super) struct SearchByImage {
    pub(super) collection: String,
    pub(super) image: Source,
    pub(super) most: usize,
    pub(super) threshold: f32,
    pub(super) quality: QualityFilter,
}

/// What needs no picture.
pub(super) enum Gallery {
    Search { collection: String, face: String, most: usize, threshold: f32 },
    List { collection: String, only: Option<Vec<String>>, user: Option<String>, page: Page },
    Delete { collection: String, faces: Vec<String> },
    CreateCollection(String),
    DescribeCollection(String),
    ListCollections(Page),
    DeleteCollection(String),
}

/// A part of a list.
pub(super) struct Page {
    /// The last entry of the page before.
    pub(super) after: Option<String>,
    pub(super) most: usize,
}

/// "The largest 100 faces" are what `IndexFaces` indexes where no number is given.
const MOST_INDEXED: usize = 100;

/// A search answers at most so many faces, "the maximum number of faces to return" being 80 by default in the console and 4096 in the model.
const MOST_FOUND: usize = 4096;

impl FaceOperation {
    /// The operation of that name.
    pub(super) fn named(name: &str) -> Option<Self> {
        Some(match name {
            "DetectFaces" => Self::DetectFaces,
            "CompareFaces" => Self::CompareFaces,
            "IndexFaces" => Self::IndexFaces,
            "SearchFacesByImage" => Self::SearchFacesByImage,
            "SearchFaces" => Self::SearchFaces,
            "ListFaces" => Self::ListFaces,
            "DeleteFaces" => Self::DeleteFaces,
            "CreateCollection" => Self::CreateCollection,
            "DescribeCollection" => Self::DescribeCollection,
            "ListCollections" => Self::ListCollections,
            "DeleteCollection" => Self::DeleteCollection,
            _ => return None,
        })
    }
}

impl FaceRequest {
    /// Decodes and checks a body. The operations have many fields in common, and no field means another thing in another operation.
    pub(super) fn parse(operation: FaceOperation, body: &[u8]) -> Result<Self, Exception> {
        let wire: Wire = decode(body)?;
        Ok(match operation {
            FaceOperation::DetectFaces => Self::Detect(Detect {
                image: Source::parse(wire.image, "Image")?,
                attributes: Attributes::parse(wire.attributes, "Attributes")?,
            }),
            FaceOperation::CompareFaces => Self::Compare(Compare {
                source: Source::parse(wire.source_image, "SourceImage")?,
                target: Source::parse(wire.target_image, "TargetImage")?,
                threshold: threshold(wire.similarity_threshold, "SimilarityThreshold")?,
                quality: QualityFilter::parse(wire.quality_filter.as_deref(), QualityFilter::None)?,
            }),
            FaceOperation::IndexFaces => Self::Index(Index {
                collection: collection_id(wire.collection_id)?,
                image: Source::parse(wire.image, "Image")?,
                external_image_id: external_image_id(wire.external_image_id)?,
                attributes: Attributes::parse(wire.detection_attributes, "DetectionAttributes")?,
                most: most(wire.max_faces, "MaxFaces", MOST_INDEXED, 1..=usize::MAX)?,
                quality: QualityFilter::parse(wire.quality_filter.as_deref(), QualityFilter::Auto)?,
            }),
            FaceOperation::SearchFacesByImage => Self::SearchByImage(SearchByImage {
                collection: collection_id(wire.collection_id)?,
                image: Source::parse(wire.image, "Image")?,
                most: most(wire.max_faces, "MaxFaces", MOST_FOUND, 1..=MOST_FOUND)?,
                threshold: threshold(wire.face_match_threshold, "FaceMatchThreshold")?,
                quality: QualityFilter::parse(wire.quality_filter.as_deref(), QualityFilter::None)?,
            }),
            _ => Self::Gallery(Gallery::parse(operation, wire)?),
        })
    }
}

impl Gallery {
    fn parse(operation: FaceOperation, wire: Wire) -> Result<Self, Exception> {
        let page = Page { after: wire.next_token, most: most(wire.max_results, "MaxResults", 0, 0..=4096)? };
        if operation == FaceOperation::ListCollections {
            return Ok(Self::ListCollections(page));
        }
        let collection = collection_id(wire.collection_id)?;
        Ok(match operation {
            FaceOperation::SearchFaces => Self::Search {
                collection,
                face: face_id(wire.face_id.ok_or_else(|| Exception::invalid_parameter("FaceId is required"))?)?,
                most: most(wire.max_faces, "MaxFaces", MOST_FOUND, 1..=MOST_FOUND)?,
                threshold: threshold(wire.face_match_threshold, "FaceMatchThreshold")?,
            },
            FaceOperation::ListFaces => Self::List { collection, only: wire.face_ids.map(face_ids).transpose()?, user: wire.user_id, page },
            FaceOperation::DeleteFaces => Self::Delete {
                collection,
                faces: face_ids(wire.face_ids.ok_or_else(|| Exception::invalid_parameter("FaceIds is required"))?)?,
            },
            FaceOperation::CreateCollection => Self::CreateCollection(collection),
            FaceOperation::DeleteCollection => Self::DeleteCollection(collection),
            _ => Self::DescribeCollection(collection),
        })
    }
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Wire {
    image: Option<WireImage>,
    attributes: Option<Vec<String>>,
    source_image: Option<WireImage>,
    target_image: Option<WireImage>,
    similarity_threshold: Option<f32>,
    quality_filter: Option<String>,
    collection_id: Option<String>,
    external_image_id: Option<String>,
    detection_attributes: Option<Vec<String>>,
    max_faces: Option<i64>,
    face_match_threshold: Option<f32>,
    face_id: Option<String>,
    face_ids: Option<Vec<String>>,
    user_id: Option<String>,
    next_token: Option<String>,
    max_results: Option<i64>,
}
