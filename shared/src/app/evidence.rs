//! The evidence of a session whose check ran: its images are stored and its face is compared, side by side, for a result is gone
//! three minutes after its session was created.

use super::change::{Entropy, Refused, change_verification};
use super::complete::Completer;
use crate::adapters::{CheckResult, EvidenceImage, FoundFace, Image, ImageKind, Loaded, best};
use crate::domain::{
    AgeRange, CheckStatus, Command, Confidence, Evidence, FaceMatch, GallerySearch, Session, SourceMatch, StoredImage, SubjectKey,
    Verification,
};
use crate::fault::Fault;
use jiff::Timestamp;

/// Stores, compares and puts together what is judged. A face operation that fails is a fault, to be tried again while the result
/// is there; it never counts against the subject.
pub(super) async fn gather(
    services: &Completer,
    loaded: &Loaded,
    session: &Session,
    result: CheckResult,
    now: Timestamp,
    entropy: &Entropy,
) -> Result<Evidence, Refused> {
    let verification = &loaded.verification;
    // The bucket takes the bytes over; what is compared with faces as well is copied for it.
    let face = result.reference.as_ref().filter(|_| verification.terms.needs_faces()).map(|image| image.0.clone());
    let store = |kind, image| keep(services, verification, session, kind, image);
    let reference = async {
        match result.reference {
            Some(image) => store(ImageKind::Reference, image).await.map(Some),
            None => Ok(None),
        }
    };
    let audits = futures_util::future::try_join_all(result.audit.into_iter().map(|image| store(ImageKind::Audit, image)));
    let compared = async {
        match &face {
            Some(face) => Box::pin(compare(services, loaded, face, now, entropy)).await,
            None => Ok(Compared::default()),
        }
    };
    let images = async { tokio::try_join!(reference, audits).map_err(Refused::from) };
    let ((reference_image, audit_images), compared) = tokio::try_join!(images, compared)?;
    Ok(Evidence {
        check: CheckStatus::Succeeded,
        confidence: result.confidence.and_then(Confidence::new),
        challenge: result.challenge,
        feedback: result.feedback,
        reference_image,
        audit_images,
        source_match: compared.source_match,
        gallery: compared.gallery,
        age: compared.age,
    })
}

/// Stores one image, or only names it where the policy keeps none.
async fn keep(
    services: &Completer,
    verification: &Verification,
    session: &Session,
    kind: ImageKind,
    image: Image,
) -> Result<StoredImage, Fault> {
    let kept_days = verification.terms.images_kept_days;
    if kept_days == 0 {
        return Ok(StoredImage::of(&image.0));
    }
    let verification = &verification.id;
    let (session_created_at, session) = (session.created_at, session.number);
    services.bucket.store(EvidenceImage { kept_days, session_created_at, verification, session, kind, image }).await
}

/// What the face operations said, as far as the policy asks for it.
#[derive(Debug, Default)]
struct Compared {
    source_match: Option<SourceMatch>,
    gallery: Option<GallerySearch>,
    age: Option<AgeRange>,
}

async fn compare(services: &Completer, loaded: &Loaded, face: &[u8], now: Timestamp, entropy: &Entropy) -> Result<Compared, Refused> {
    let verification = &loaded.verification;
    let terms = &verification.terms;
    let source = async {
        match terms.face_match {
            FaceMatch::Source { .. } => compare_with_source(services, loaded, face, now, entropy).await,
            FaceMatch::None | FaceMatch::Enrolled { .. } => Ok(None),
        }
    };
    let gallery = async {
        let least = match terms.face_match {
            FaceMatch::None => return Ok(None),
            FaceMatch::Source { unique_similarity, .. } => unique_similarity,
            FaceMatch::Enrolled { similarity } => similarity,
        };
        search(services, &verification.subject_key, face, least, now).await.map_err(Refused::from)
    };
    let age = async {
        match terms.minimum_age {
            Some(_) => services.faces.age(face).await.map_err(Refused::from),
            None => Ok(None),
        }
    };
    let (source_match, gallery, age) = tokio::try_join!(source, gallery, age)?;
    Ok(Compared { source_match, gallery, age })
}

/// The best hit of the face that stands in the subject's enrolment, and of anybody else's. A face that is in the collection under the
/// subject's name and stands nowhere is nobody's: a try that was cut off, or an approval that was overturned, may have left it.
async fn search(
    services: &Completer,
    subject: &SubjectKey,
    face: &[u8],
    least: Confidence,
    now: Timestamp,
) -> Result<Option<GallerySearch>, Fault> {
    let (found, enrolment) = tokio::try_join!(services.faces.search(face, least), services.table.enrolment(subject))?;
    let Some(found) = found else { return Ok(None) };
    let enrolled = enrolment.as_ref().and_then(|loaded| loaded.enrolment.face_at(now)).map(|face| &face.face_id);
    let best_of = |counts: &dyn Fn(&FoundFace) -> bool| found.iter().filter(|face| counts(face)).map(|face| face.similarity).reduce(best);
    let own = best_of(&|face| Some(&face.face_id) == enrolled && face.subject.as_ref() == Some(subject));
    let other = best_of(&|face| face.subject.as_ref() != Some(subject));
    Ok(Some(GallerySearch { own, other }))
}

/// The comparison with the picture that was uploaded for this verification: none where none is there. The picture is pinned at
/// first use, so that nobody can exchange it between two sessions.
async fn compare_with_source(
    services: &Completer,
    loaded: &Loaded,
    face: &[u8],
    now: Timestamp,
    entropy: &Entropy,
) -> Result<Option<SourceMatch>, Refused> {
    let Some(source) = &loaded.verification.source else { return Ok(None) };
    let Some(picture) = services.bucket.load(&source.key).await? else { return Ok(None) };
    let found = StoredImage::of(&picture).sha256;
    let pinned = if let Some(pinned) = &source.sha256 {
        pinned.clone()
    } else {
        let command = Command::PinSource { sha256: found.clone() };
        let pinned = change_verification(&services.table, &loaded.verification.id, None, &command, None, now, entropy).await?;
        pinned.verification.source.and_then(|source| source.sha256).unwrap_or_default()
    };
    if found != pinned {
        return Ok(Some(SourceMatch { faces_in_source: 0, similarity: None, source_sha256: found }));
    }
    let (faces_in_source, similarity) = tokio::try_join!(services.faces.count(&picture), services.faces.compare(&picture, face))?;
    Ok(Some(SourceMatch { faces_in_source, similarity, source_sha256: found }))
}
