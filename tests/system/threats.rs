//! The threats in docs/SECURITY.md are held to what is there: each row names tests that exist and trials that still fit the code, every trial belongs
//! to a row and is told in docs/TRIALS.md. That a test fails without its control is tried by `make trials`, which takes too long for every day.

use crate::tidy::{files, read, root};
use std::collections::{BTreeMap, BTreeSet};
use std::process::Command;

type Names = BTreeSet<String>;

/// Every text between backticks that `keeps`.
fn named(cell: &str, keeps: impl Fn(&str) -> bool) -> Names {
    cell.split('`').skip(1).step_by(2).filter(|name| keeps(name)).map(str::to_owned).collect()
}

/// The cells of each row of the first table behind that line.
fn table(document: &str, behind: &str) -> Vec<Vec<String>> {
    let text = read(document);
    let (_, rest) = text.split_once(behind).unwrap_or_else(|| panic!("{document} has no {behind:?}"));
    let rows = rest.lines().skip_while(|line| !line.starts_with('|')).take_while(|line| line.starts_with('|'));
    let cells = |row: &str| row.trim_matches('|').split(" | ").map(|cell| cell.trim().to_owned()).collect();
    rows.skip(2).map(cells).collect()
}

/// What each trial says of itself: which tests have to fail.
fn trials() -> BTreeMap<String, Names> {
    let patches = files("tests/trials", "patch").into_iter();
    let trial = |path: std::path::PathBuf| {
        let text = read(&path);
        let (head, diff) = text.split_once("\ndiff --git ").unwrap_or_else(|| panic!("{} is no patch", path.display()));
        assert!(head.starts_with("Removes: ") && !diff.is_empty(), "{} does not say what it removes", path.display());
        let tests = head.lines().filter_map(|line| line.strip_prefix("Test: ")).map(str::to_owned).collect();
        (path.file_stem().unwrap().to_string_lossy().into_owned(), tests)
    };
    patches.map(trial).collect()
}

#[test]
fn every_threat_names_its_tests_and_every_test_its_trial() {
    let trials = trials();
    let mut tried = Names::new();
    let threats = table("docs/SECURITY.md", "\n## Threats\n");
    assert!(threats.len() > 20, "{threats:?}");
    for row in &threats {
        let [threat, control, tests, patches] = row.as_slice() else { panic!("{row:?} has not four cells") };
        let letters = threat.rsplit_once('(').and_then(|(_, letters)| letters.strip_suffix(')')).unwrap_or_default();
        assert!(!letters.is_empty() && letters.chars().all(|letter| "STRIDE".contains(letter)), "{threat}: no letter of STRIDE");
        let (tests, patches) = (named(tests, |name| name.contains("::")), named(patches, |_| true));
        assert!(!control.is_empty() && !tests.is_empty() && !patches.is_empty(), "{threat}: something is missing");
        for test in &tests {
            let (file, name) = test.split_once("::").unwrap();
            assert!(read(file).contains(&format!("fn {name}(")), "{threat}: there is no {test}");
        }
        let failing: Names = patches
            .iter()
            .flat_map(|name| trials.get(name).unwrap_or_else(|| panic!("{threat}: there is no trial {name}")))
            .cloned()
            .collect();
        assert_eq!(failing, tests, "{threat}: the tests that are named are those that its trials have fail");
        tried.extend(patches);
    }
    let all: Names = trials.into_keys().collect();
    assert_eq!(tried, all, "every trial is of a threat");
    let told: Names = table("docs/TRIALS.md", "\n## What was seen\n").iter().flat_map(|row| named(&row[0], |_| true)).collect();
    assert_eq!(told, all, "and what came of it is in docs/TRIALS.md");
}

/// Code moves on, and a patch that does not fit any more is one that nobody tries.
#[test]
fn every_trial_still_fits() {
    for name in trials().into_keys() {
        let patch = format!("tests/trials/{name}.patch");
        let checked = Command::new("git").args(["apply", "--check", &patch]).current_dir(root()).output().unwrap();
        let said = String::from_utf8_lossy(&checked.stderr);
        assert!(checked.status.success(), "{patch} does not fit any more; make it anew (docs/TRIALS.md): {said}");
    }
}
