//! The operations on collections: making and removing them, putting faces in, finding them again and taking them out.

use super::super::exception::Exception;
use super::analyst::Look;
use super::collections::{Collection, Hit, StoredFace};
use super::detail::{bounding_box, face_detail};
use super::request::{Gallery, Index, Page, SearchByImage};
use super::sight::largest;
use super::{Faces, MODEL_VERSION, not_stored};
use crate::aws::entropy;
use crate::aws::journal::ACCOUNT;
use prooflight_vision::Embedding;
use serde_json::{Value, json};
use std::sync::Arc;

/// A page holds so many entries where the request does not say (`MaxResults` of 0 counts as not saying).
const PAGE: usize = 4096;

impl Faces {
    /// Indexes the largest faces that pass the filter; a picture without a face is no error (`API_IndexFaces`).
    pub(super) async fn index(self: &Arc<Self>, request: Index) -> Result<Value, Exception> {
        self.check_collection(&request.collection)?;
        let picture = request.image.fetch(&self.buckets).await?;
        let faces = Arc::clone(self);
        let index = move |[look]: [Look; 1]| {
            let image_id = uuid()?;
            let (mut stored, mut records, mut unindexed) = (Vec::new(), Vec::new(), Vec::new());
            for portrait in &look.portraits {
                let mut reasons = request.quality.objections(portrait);
                if reasons.is_empty() && stored.len() == request.most {
                    reasons.push("EXCEEDS_MAX_FACES");
                }
                let detail = face_detail(&look, portrait, request.attributes);
                if reasons.is_empty() {
                    let face = StoredFace {
                        face_id: uuid()?,
                        image_id: image_id.clone(),
                        external_image_id: request.external_image_id.clone(),
                        bounding_box: bounding_box(portrait),
                        confidence: portrait.confidence,
                        embedding: look.embedding(portrait)?.values().to_vec(),
                    };
                    records.push(json!({"Face": described(&face), "FaceDetail": detail}));
                    stored.push(face);
                } else {
                    unindexed.push(json!({"Reasons": reasons, "FaceDetail": detail}));
                }
            }
            let added = faces.collections().add(&request.collection, stored).map_err(|error| not_stored(&error))?;
            // It may have been deleted while the picture was looked at.
            added.ok_or_else(Exception::collection_not_found)?;
            Ok(json!({"FaceRecords": records, "UnindexedFaces": unindexed, "FaceModelVersion": MODEL_VERSION}))
        };
        self.analyst.look([picture], index).await
    }

    pub(super) async fn search_by_image(self: &Arc<Self>, request: SearchByImage) -> Result<Value, Exception> {
        self.check_collection(&request.collection)?;
        let picture = request.image.fetch(&self.buckets).await?;
        let faces = Arc::clone(self);
        let search = move |[look]: [Look; 1]| {
            let face = largest(&look, request.quality)?;
            let wanted = look.embedding(face)?;
            let collections = faces.collections();
            let collection = collections.get(&request.collection).ok_or_else(Exception::collection_not_found)?;
            Ok(json!({
                "SearchedFaceBoundingBox": bounding_box(face),
                "SearchedFaceConfidence": face.confidence,
                "FaceMatches": matches(collection, &wanted, request.threshold, request.most, None),
                "FaceModelVersion": MODEL_VERSION,
            }))
        };
        self.analyst.look([picture], search).await
    }

    /// Answers what needs no picture.
    pub(super) fn answer_from_gallery(&self, request: Gallery) -> Result<Value, Exception> {
        match request {
            Gallery::Search { collection, face, most, threshold } => self.search(&collection, &face, most, threshold),
            Gallery::List { collection, only, user, page } => self.list(&collection, only.as_deref(), user.as_deref(), &page),
            Gallery::Delete { collection, faces } => self.delete(&collection, faces),
            Gallery::CreateCollection(id) => self.create_collection(&id),
            Gallery::DescribeCollection(id) => self.describe_collection(&id),
            Gallery::ListCollections(page) => self.list_collections(&page),
            Gallery::DeleteCollection(id) => match self.collections().remove(&id) {
                Ok(true) => Ok(json!({"StatusCode": 200})),
                Ok(false) => Err(Exception::collection_not_found()),
                Err(error) => Err(not_stored(&error)),
            },
        }
    }

    /// Faces like one that is in the collection; the face itself is none of them.
    fn search(&self, collection: &str, face: &str, most: usize, threshold: f32) -> Result<Value, Exception> {
        let collections = self.collections();
        let collection = collections.get(collection).ok_or_else(Exception::collection_not_found)?;
        let wanted = collection.faces.get(face).and_then(|face| Embedding::from_values(face.embedding.clone()));
        let wanted = wanted.ok_or_else(|| Exception::invalid_parameter("faceId was not found in the collection"))?;
        Ok(json!({
            "SearchedFaceId": face,
            "FaceMatches": matches(collection, &wanted, threshold, most, Some(face)),
            "FaceModelVersion": MODEL_VERSION,
        }))
    }

    fn list(&self, collection: &str, only: Option<&[String]>, user: Option<&str>, page: &Page) -> Result<Value, Exception> {
        let collections = self.collections();
        let collection = collections.get(collection).ok_or_else(Exception::collection_not_found)?;
        if user.is_some() {
            return Err(Exception::not_found("no user has this id: prooflight-local does not implement users of a collection"));
        }
        let asked = |id: &str| only.is_none_or(|only| only.iter().any(|one| one == id));
        let faces = collection.faces.iter().filter(|(id, _)| asked(id));
        let (faces, next) = cut(faces, page)?;
        let faces: Vec<Value> = faces.into_iter().map(described).collect();
        Ok(with_token(json!({"Faces": faces, "FaceModelVersion": MODEL_VERSION}), next))
    }

    fn delete(&self, collection: &str, faces: Vec<String>) -> Result<Value, Exception> {
        let mut collections = self.collections();
        collections.get(collection).ok_or_else(Exception::collection_not_found)?;
        let (mut deleted, mut missing) = (Vec::new(), Vec::new());
        for face in faces {
            if collections.remove_face(collection, &face).map_err(|error| not_stored(&error))? {
                deleted.push(face);
            } else {
                missing.push(json!({"FaceId": face, "Reasons": ["FACE_NOT_FOUND"]}));
            }
        }
        Ok(json!({"DeletedFaces": deleted, "UnsuccessfulFaceDeletions": missing}))
    }

    fn create_collection(&self, id: &str) -> Result<Value, Exception> {
        if !self.collections().create(id, self.clock.now()).map_err(|error| not_stored(&error))? {
            return Err(Exception::already_exists("a collection of this id exists"));
        }
        // The service leaves out `arn:` here, and here alone (the example of `API_CreateCollection`).
        let arn = format!("aws:rekognition:{}:{ACCOUNT}:collection/{id}", self.region);
        Ok(json!({"StatusCode": 200, "CollectionArn": arn, "FaceModelVersion": MODEL_VERSION}))
    }

    #[expect(clippy::cast_precision_loss, reason = "milliseconds are exact for millennia")]
    fn describe_collection(&self, id: &str) -> Result<Value, Exception> {
        let collections = self.collections();
        let collection = collections.get(id).ok_or_else(Exception::collection_not_found)?;
        Ok(json!({
            "FaceCount": collection.faces.len(),
            "UserCount": 0,
            "FaceModelVersion": MODEL_VERSION,
            "CollectionARN": format!("arn:aws:rekognition:{}:{ACCOUNT}:collection/{id}", self.region),
            "CreationTimestamp": collection.created_at.as_millisecond() as f64 / 1000.0,
        }))
    }

    fn list_collections(&self, page: &Page) -> Result<Value, Exception> {
        let collections = self.collections();
        let (ids, next) = cut(collections.ids().map(|id| (id, id)), page)?;
        let versions = vec![MODEL_VERSION; ids.len()];
        Ok(with_token(json!({"CollectionIds": ids, "FaceModelVersions": versions}), next))
    }

    fn check_collection(&self, id: &str) -> Result<(), Exception> {
        self.collections().get(id).map(drop).ok_or_else(Exception::collection_not_found)
    }
}

/// The faces of a collection that are like `wanted`, the most alike first.
fn matches(collection: &Collection, wanted: &Embedding, threshold: f32, most: usize, but: Option<&str>) -> Vec<Value> {
    let hits = collection.search(wanted, threshold).into_iter().filter(|hit| but != Some(hit.face.face_id.as_str()));
    hits.take(most).map(|Hit { similarity, face }| json!({"Similarity": similarity, "Face": described(face)})).collect()
}

/// The model's `Face`.
fn described(face: &StoredFace) -> Value {
    let mut value = json!({
        "FaceId": face.face_id,
        "ImageId": face.image_id,
        "BoundingBox": face.bounding_box,
        "Confidence": face.confidence,
        "IndexFacesModelVersion": MODEL_VERSION,
    });
    if let (Some(fields), Some(id)) = (value.as_object_mut(), &face.external_image_id) {
        fields.insert("ExternalImageId".to_owned(), json!(id));
    }
    value
}

/// A page out of entries in the order of their ids. The token is the last id of the page: it stays good when entries come and go.
fn cut<'a, T>(entries: impl Iterator<Item = (&'a String, T)>, page: &Page) -> Result<(Vec<T>, Option<String>), Exception> {
    if page.after.as_ref().is_some_and(|token| token.is_empty() || token.len() > 255) {
        return Err(Exception::invalid_pagination_token());
    }
    let most = if page.most == 0 { PAGE } else { page.most };
    let mut rest = entries.filter(|(id, _)| page.after.as_ref().is_none_or(|after| *id > after)).peekable();
    let (mut cut, mut last) = (Vec::new(), None);
    while cut.len() < most
        && let Some((id, entry)) = rest.next()
    {
        cut.push(entry);
        last = Some(id.clone());
    }
    Ok((cut, last.filter(|_| rest.peek().is_some())))
}

fn with_token(mut answer: Value, token: Option<String>) -> Value {
    if let (Some(fields), Some(token)) = (answer.as_object_mut(), token) {
        fields.insert("NextToken".to_owned(), json!(token));
    }
    answer
}

fn uuid() -> Result<String, Exception> {
    let bytes = entropy::bytes().map_err(|error| {
        tracing::error!(%error, "no face id could be made");
        Exception::internal()
    })?;
    Ok(uuid::Builder::from_random_bytes(bytes).into_uuid().to_string())
}
