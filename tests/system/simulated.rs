//! Whole checks by simulated presenters, over the wire from the token to the outcome: no browser, no camera, no scripted verdict.

use crate::world::World;
use prooflight_simulator::client::options::Options;
use prooflight_simulator::client::{CheckError, Outcome, check};
use prooflight_simulator::presenter::Presenter;

/// A presenter at this instance, as fast as it goes. The seed fixes the conditions; what the server draws is another matter each time.
async fn run(world: &World, presenter: Presenter, change: impl Fn(&mut Options)) -> Result<Outcome, CheckError> {
    let folder = tempfile::tempdir().unwrap();
    let ca_file = folder.path().join("certificate.pem");
    std::fs::write(&ca_file, world.certificate_pem()).unwrap();
    let mut options = Options {
        api: format!("https://localhost:{}/api", world.https_port()),
        ca_file: Some(ca_file),
        unthrottled: true,
        ..Options::of(presenter, 11)
    };
    change(&mut options);
    check(&options).await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_live_person_is_approved_and_has_evidence() {
    let world = World::start().await;
    let outcome = run(&world, Presenter::Live, |_| ()).await.unwrap();
    assert_eq!((outcome.session.as_str(), outcome.status.as_str()), ("passed", "approved"), "{outcome:?}");
    assert!(outcome.is_approved() && outcome.tips.is_empty());
    assert_eq!(world.image_keys().await.len(), 3, "the engine took its pictures from the stream");
    world.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_photo_and_a_replay_are_not() {
    let world = World::start().await;
    for presenter in [Presenter::Photo, Presenter::Replay] {
        let outcome = run(&world, presenter, |options| options.subject = presenter.name().to_owned()).await.unwrap();
        assert_eq!((outcome.session.as_str(), outcome.status.as_str()), ("failed", "open"), "{outcome:?}");
        assert!(!outcome.is_approved());
    }
    assert_eq!(world.decisions().await, 3, "one for the photo, one for the person that the replay recorded first, one for the replay");
    world.stop().await;
}

/// Movement alone is what it says: whoever comes closer passes.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_challenge_without_lights_is_answered_too() {
    let world = World::start().await;
    let outcome = run(&world, Presenter::Live, |options| options.policy = "bot-check".to_owned()).await.unwrap();
    assert!(outcome.is_approved(), "{outcome:?}");
    world.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_goes_wrong_is_named() {
    let world = World::start().await;
    let refused = run(&world, Presenter::Live, |options| options.policy = "nonsense".to_owned()).await.unwrap_err();
    assert!(matches!(&refused, CheckError::Refused { status: 422, code, .. } if code == "policy_unknown"), "{refused:?}");
    let stranger = run(&world, Presenter::Live, |options| options.token = Some("not-a-token".to_owned())).await.unwrap_err();
    assert!(matches!(&stranger, CheckError::Refused { status: 401, .. }), "{stranger:?}");
    let nobody = run(&world, Presenter::Live, |options| options.api = "https://localhost:9/api".to_owned()).await.unwrap_err();
    assert!(matches!(nobody, CheckError::Connection { .. }), "{nobody:?}");
    let other = World::start().await;
    let distrusted =
        run(&world, Presenter::Live, |options| options.api = format!("https://localhost:{}/api", other.https_port())).await.unwrap_err();
    assert!(matches!(distrusted, CheckError::Connection { .. }), "another instance's certificate is not trusted: {distrusted:?}");
    other.stop().await;
    world.stop().await;
}
