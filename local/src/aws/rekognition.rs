//! The permissions that a call of Rekognition needs (Service Authorization Reference, "Actions, resources, and condition keys for Amazon
//! Rekognition"). A picture in S3 is read in the caller's name, so its object needs a permission of its own.

use super::journal::ACCOUNT;
use serde::Deserialize;

/// What of a request IAM looks at; everything else is passed over unread.
#[derive(Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
struct Named {
    collection_id: Option<String>,
    image: Option<Image>,
    source_image: Option<Image>,
    target_image: Option<Image>,
}

#[derive(Deserialize)]
struct Image {
    #[serde(rename = "S3Object")]
    object: Option<Object>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Object {
    bucket: Option<String>,
    name: Option<String>,
}

/// Actions with their resources.
pub(super) fn permissions(operation: &str, body: &[u8], region: &str) -> Vec<(String, String)> {
    let named: Named = serde_json::from_slice(body).unwrap_or_default();
    let collection = named.collection_id.map(|id| format!("arn:aws:rekognition:{region}:{ACCOUNT}:collection/{id}"));
    let mut permissions = vec![(format!("rekognition:{operation}"), collection.unwrap_or_else(|| "*".to_owned()))];
    let objects = [named.image, named.source_image, named.target_image].into_iter().flatten().filter_map(|image| image.object);
    permissions.extend(
        objects.filter_map(|object| Some(("s3:GetObject".to_owned(), format!("arn:aws:s3:::{}/{}", object.bucket?, object.name?)))),
    );
    permissions
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn collections_and_objects_are_named() {
        let check = |operation: &str, body: &str, expected: &[(&str, &str)]| {
            let found = permissions(operation, body.as_bytes(), "eu-west-1");
            let found: Vec<(&str, &str)> = found.iter().map(|(action, resource)| (action.as_str(), resource.as_str())).collect();
            assert_eq!(found, expected, "{body}");
        };
        let faces = "arn:aws:rekognition:eu-west-1:000000000000:collection/faces";
        check("CreateFaceLivenessSession", "{}", &[("rekognition:CreateFaceLivenessSession", "*")]);
        check("DetectFaces", "not JSON", &[("rekognition:DetectFaces", "*")]);
        check("DetectFaces", r#"{"Image": {"Bytes": "AAAA"}}"#, &[("rekognition:DetectFaces", "*")]);
        check("DeleteFaces", r#"{"CollectionId": "faces", "FaceIds": ["a"]}"#, &[("rekognition:DeleteFaces", faces)]);
        check(
            "SearchFacesByImage",
            r#"{"CollectionId": "faces", "Image": {"S3Object": {"Bucket": "b", "Name": "a/k.jpg"}}}"#,
            &[("rekognition:SearchFacesByImage", faces), ("s3:GetObject", "arn:aws:s3:::b/a/k.jpg")],
        );
    }
}
