//! Policy files: the shipped one is accepted, and a wrong one is refused with the name of the field.

use prooflight_shared::policy::Catalogue;

fn shipped() -> serde_json::Value {
    serde_json::from_str(include_str!("../../../infra/policies.json")).unwrap()
}

#[test]
fn the_shipped_policies_are_accepted() {
    let catalogue = Catalogue::shipped().unwrap();
    let names: Vec<_> = catalogue.policies().iter().map(|policy| policy.name.as_str()).collect();
    assert_eq!(names, ["liveness", "bot-check", "onboarding", "step-up", "age-gate"]);
    assert_eq!(catalogue.get(None).unwrap().name, "liveness");
}

#[test]
fn a_wrong_policy_is_refused_by_the_name_of_its_field() {
    for (policy, field, value, refused_for) in [
        (0, "approveAt", serde_json::json!(0.8), "approveAt"),
        (0, "approveAt", serde_json::json!(1), "approveAt"),
        (0, "approveAt", serde_json::json!(101), "approveAt"),
        (2, "reviewFrom", serde_json::json!(0.6), "reviewFrom"),
        (2, "reviewFrom", serde_json::json!(90), "reviewFrom"),
        (0, "challenge", serde_json::json!("FaceSmileChallenge"), "challenge"),
        (3, "match", serde_json::json!({"kind": "none"}), "match"),
        (3, "match", serde_json::json!({"kind": "enrolled", "similarity": 0.9}), "match.similarity"),
        (3, "match", serde_json::json!({"kind": "everybody"}), "match"),
        (0, "enrolOnApproval", serde_json::json!(true), "enrolOnApproval"),
        (4, "minimumAge", serde_json::json!(0), "minimumAge"),
        (4, "minimumAge", serde_json::json!("18"), "minimumAge"),
        (4, "consentVersions", serde_json::json!([]), "consentVersions"),
        (4, "consentVersions", serde_json::json!([""]), "consentVersions"),
        (0, "openedBy", serde_json::json!("anybody"), "openedBy"),
        (0, "sessions", serde_json::json!(0), "sessions"),
        (0, "auditImages", serde_json::json!(5), "auditImages"),
        (0, "recordsKeptDays", serde_json::json!(1096), "recordsKeptDays"),
        (0, "imagesKeptDays", serde_json::json!(366), "imagesKeptDays"),
        (2, "sampledForReview", serde_json::json!(1.5), "sampledForReview"),
        (1, "name", serde_json::json!("liveness"), "policies"),
        (0, "threshold", serde_json::json!(80), "policies"),
    ] {
        let mut file = shipped();
        file["policies"][policy][field] = value.clone();
        let error = Catalogue::parse(&file.to_string()).unwrap_err();
        assert_eq!(error.field, refused_for, "{field} = {value}: {error}");
    }
    let mut file = shipped();
    file["policies"][0].as_object_mut().unwrap().remove("reviewFrom");
    assert_eq!(Catalogue::parse(&file.to_string()).unwrap_err().field, "reviewFrom", "a forgotten field takes no default");
    let mut file = shipped();
    file["default"] = serde_json::json!("nothing");
    assert_eq!(Catalogue::parse(&file.to_string()).unwrap_err().field, "default");
}

#[test]
fn policies_are_switched_off_by_name() {
    let without = |names: &str| Catalogue::shipped().unwrap().without(names);
    for (names, disabled) in [
        ("", vec![]),
        ("liveness", vec!["liveness"]),
        ("age-gate, liveness,", vec!["liveness", "age-gate"]),
        ("liveness,bot-check,onboarding,step-up,age-gate", vec!["liveness", "bot-check", "onboarding", "step-up", "age-gate"]),
    ] {
        let catalogue = without(names).unwrap();
        let found = catalogue.policies().iter().filter(|policy| catalogue.is_disabled(policy)).map(|policy| policy.name.as_str());
        assert_eq!(found.collect::<Vec<_>>(), disabled, "{names}");
    }
    for names in ["Liveness", "liveness;bot-check", "live", "liveness,onboard"] {
        assert!(without(names).is_err(), "{names}");
    }
}
