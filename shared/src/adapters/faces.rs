//! Rekognition's face operations, as the functions ask them: compare with a picture, search among the enrolled, estimate an age,
//! enrol and forget. Whose an enrolled face is stands in its `ExternalImageId`, the subject's keyed digest; nothing else about
//! the subject is in the collection.

use super::refusal::{Codes, fault};
use crate::domain::{AgeRange, Confidence, EnrolledFace, FaceId, SubjectKey};
use crate::fault::{Fault, FaultCode};
use aws_sdk_rekognition::error::{ProvideErrorMetadata, SdkError};
use aws_sdk_rekognition::primitives::Blob;
use aws_sdk_rekognition::types::{Attribute, FaceMatch, Image, QualityFilter};
use jiff::Timestamp;

/// The operations, on one collection.
#[derive(Debug, Clone)]
pub struct Faces {
    client: aws_sdk_rekognition::Client,
    collection: String,
}

/// A face that a search found.
#[derive(Debug, Clone)]
pub struct FoundFace {
    /// Rekognition's name for it.
    pub face_id: FaceId,
    /// The model that described it.
    pub model: Option<String>,
    /// Whose it is; none for a face that nobody here has enrolled.
    pub subject: Option<SubjectKey>,
    /// How alike.
    pub similarity: Confidence,
}

const CODES: Codes = Codes { unavailable: FaultCode::FacesUnavailable, refused: FaultCode::FacesRefused };

/// More hits above a threshold of 80 and more than this do not happen by chance.
const MOST_HITS: i32 = 100;

/// The most that `API_ListFaces` gives at once.
const FACES_A_PAGE: i32 = 4096;

/// `API_DeleteFaces` takes 4,096; a subject has one or two.
const MOST_FORGOTTEN_AT_ONCE: usize = 100;

impl Faces {
    /// The operations behind that client, on that collection.
    pub fn new(client: aws_sdk_rekognition::Client, collection: &str) -> Self {
        Self { client, collection: collection.to_owned() }
    }

    /// Best similarity of the faces on `target` with the largest face on `source`; none where nothing is alike or one of them
    /// shows no face (`API_CompareFaces`: `InvalidParameterException`).
    pub async fn compare(&self, source: &[u8], target: &[u8]) -> Result<Option<Confidence>, Fault> {
        let compared = self
            .client
            .compare_faces()
            .source_image(image(source))
            .target_image(image(target))
            .similarity_threshold(0.0)
            .quality_filter(QualityFilter::None)
            .send()
            .await;
        match compared {
            Ok(found) => Ok(found.face_matches().iter().filter_map(|found| found.similarity.and_then(Confidence::new)).reduce(best)),
            Err(error) if shows_no_face(&error) => Ok(None),
            Err(error) => Err(fault(CODES, "compare faces", &error)),
        }
    }

    /// How many faces a picture shows; none for what is not a picture.
    pub async fn count(&self, picture: &[u8]) -> Result<u8, Fault> {
        match self.client.detect_faces().image(image(picture)).attributes(Attribute::Default).send().await {
            Ok(found) => Ok(u8::try_from(found.face_details().len()).unwrap_or(u8::MAX)),
            Err(error) if shows_no_face(&error) => Ok(0),
            Err(error) => Err(fault(CODES, "count faces", &error)),
        }
    }

    /// The estimated age of the only face on a picture.
    pub async fn age(&self, picture: &[u8]) -> Result<Option<AgeRange>, Fault> {
        let found = match self.client.detect_faces().image(image(picture)).attributes(Attribute::AgeRange).send().await {
            Ok(found) => found,
            Err(error) if shows_no_face(&error) => return Ok(None),
            Err(error) => return Err(fault(CODES, "estimate an age", &error)),
        };
        // With two faces nobody can say whose age it is.
        let [face] = found.face_details() else { return Ok(None) };
        let years = |value: Option<i32>| value.and_then(|value| u8::try_from(value).ok());
        let range = face.age_range().and_then(|range| Some(AgeRange { low: years(range.low)?, high: years(range.high)? }));
        Ok(range.filter(|range| range.low <= range.high))
    }

    /// Who is enrolled with the face on a picture; none where the picture shows none.
    pub async fn search(&self, picture: &[u8], least: Confidence) -> Result<Option<Vec<FoundFace>>, Fault> {
        let found = self
            .client
            .search_faces_by_image()
            .collection_id(&self.collection)
            .image(image(picture))
            .face_match_threshold(least.get())
            .max_faces(MOST_HITS)
            .quality_filter(QualityFilter::None)
            .send()
            .await;
        match found {
            Ok(found) => Ok(Some(found.face_matches().iter().filter_map(found_face).collect())),
            Err(error) if shows_no_face(&error) => Ok(None),
            Err(error) => Err(fault(CODES, "search the enrolled faces", &error)),
        }
    }

    /// Enrols the largest face of a picture; none where it shows none.
    pub async fn enrol(&self, subject: &SubjectKey, picture: &[u8], now: Timestamp) -> Result<Option<EnrolledFace>, Fault> {
        let indexed = self
            .client
            .index_faces()
            .collection_id(&self.collection)
            .image(image(picture))
            .external_image_id(subject.as_str())
            .max_faces(1)
            .quality_filter(QualityFilter::None)
            .send()
            .await
            .map_err(|error| fault(CODES, "enrol a face", &error))?;
        let model = indexed.face_model_version().map(str::to_owned);
        let face = indexed.face_records().first().and_then(|record| record.face());
        Ok(face.and_then(|face| face.face_id()).map(|id| EnrolledFace { face_id: FaceId::new(id), model, enrolled_at: now }))
    }

    /// Forgets enrolled faces; those that are gone already do not matter (`API_DeleteFaces`).
    pub async fn forget(&self, faces: &[FaceId]) -> Result<(), Fault> {
        for some in faces.chunks(MOST_FORGOTTEN_AT_ONCE) {
            let ids = some.iter().map(|face| face.expose().to_owned()).collect();
            let forgotten = self.client.delete_faces().collection_id(&self.collection).set_face_ids(Some(ids)).send().await;
            forgotten.map_err(|error| fault(CODES, "forget a face", &error))?;
        }
        Ok(())
    }

    /// Every face of a subject. It reads the whole collection, page by page, so it is for erasure alone: a face whose id a crash
    /// has lost is found nowhere else.
    pub async fn all_of(&self, subject: &SubjectKey) -> Result<Vec<FaceId>, Fault> {
        let mut found = Vec::new();
        let mut pages = self.client.list_faces().collection_id(&self.collection).max_results(FACES_A_PAGE).into_paginator().items().send();
        while let Some(face) = pages.next().await {
            let face = face.map_err(|error| fault(CODES, "list the enrolled faces", &error))?;
            if face.external_image_id() == Some(subject.as_str()) {
                found.extend(face.face_id().map(FaceId::new));
            }
        }
        Ok(found)
    }

    /// Opens the connection. What it answers does not matter.
    pub async fn warm_up(&self) {
        let _ = self.client.describe_collection().collection_id(&self.collection).send().await;
    }
}

fn image(bytes: &[u8]) -> Image {
    Image::builder().bytes(Blob::new(bytes)).build()
}

fn found_face(found: &FaceMatch) -> Option<FoundFace> {
    let face = found.face()?;
    Some(FoundFace {
        face_id: FaceId::new(face.face_id()?),
        model: face.index_faces_model_version().map(str::to_owned),
        subject: face.external_image_id().and_then(SubjectKey::parse),
        similarity: found.similarity.and_then(Confidence::new)?,
    })
}

pub(crate) fn best(one: Confidence, other: Confidence) -> Confidence {
    if other > one { other } else { one }
}

/// What is wrong with the picture and not with us: no face, not a picture, too large.
fn shows_no_face<E: ProvideErrorMetadata>(error: &SdkError<E>) -> bool {
    let code = error.as_service_error().and_then(ProvideErrorMetadata::code);
    matches!(code, Some("InvalidParameterException" | "InvalidImageFormatException" | "ImageTooLargeException"))
}
