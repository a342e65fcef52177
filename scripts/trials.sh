#!/usr/bin/env bash
# Takes the controls that docs/SECURITY.md names away, one after the other, and demands that the tests which attack them fail: by an assertion, and
# not because something does not compile, panics or hangs. Everything happens in a copy of the work tree, which is removed at the end.
#
#   scripts/trials.sh [TRIAL...]      every one in tests/trials, or those that are named
set -euo pipefail
cd "$(dirname "$0")/.."
root=$PWD

trials=("$@")
if [ ${#trials[@]} -eq 0 ]; then
    for patch in tests/trials/*.patch; do trials+=("$(basename "$patch" .patch)"); done
fi
for trial in "${trials[@]}"; do
    [ -f "tests/trials/$trial.patch" ] || { echo "there is no tests/trials/$trial.patch" >&2; exit 2; }
done

scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
trap 'exit 130' INT TERM
# Should the temporary folder lie in a repository, it is none of the copy's.
export GIT_CEILING_DIRECTORIES=$scratch
mkdir "$scratch/tree"
git ls-files -z --cached --others --exclude-standard |
    while IFS= read -r -d '' file; do if [ -e "$file" ]; then printf '%s\0' "$file"; fi; done |
    tar --null --files-from - --create | tar --extract --directory "$scratch/tree"

# What others wrote is compiled already, as a rule: a copy of it saves minutes, and what is ours is built anew, beside it.
built=${CARGO_TARGET_DIR:-$root/target}/debug
export CARGO_TARGET_DIR=$scratch/target CARGO_INCREMENTAL=1 RUST_BACKTRACE=0
if [ -d "$built/deps" ]; then
    mkdir -p "$CARGO_TARGET_DIR/debug"
    (cd "$built" && find deps build .fingerprint -mindepth 1 -maxdepth 1 ! -name '*prooflight*' \( -type d -o -name '*.rlib' -o -name '*.rmeta' -o -name '*.so' -o -name '*.d' \) -print0) |
        tar --null --directory "$built" --files-from - --create | tar --extract --directory "$CARGO_TARGET_DIR/debug"
fi
cd "$scratch/tree"

# tests/system/faces.rs::a_test -> the binary `system`, and in it `faces::a_test`.
binary_of() { sed -E 's#^.*tests/([^/]+)/[^/]+\.rs::.*$#\1#' <<<"$1"; }
name_of() { sed -E 's#^.*/([^/]+)\.rs::#\1::#' <<<"$1"; }
tests_of() { sed -n 's/^Test: //p' "$root/tests/trials/$1.patch"; }

build() { cargo test --quiet --locked --workspace --test "$(binary_of "$1")" --no-run; }
run() { timeout --kill-after 10 600 cargo test --quiet --locked --workspace --test "$(binary_of "$1")" -- --exact "$(name_of "$1")"; }

# Says why a test has failed, in one line; nothing where it was no assertion. The last panic is the test's own: a receiver that cuts a connection on
# purpose panics before it.
why() {
    awk '
        / panicked at / { at = $0; sub(/^.* panicked at /, "", at); getline said; next }
        /^ +(left|right): / && at { sub(/^ +/, ""); said = said " " $0 }
        END { if (at && said !~ /^called `(Option|Result)::/) print substr(at " " said, 1, 240) }' "$1"
}

log=$scratch/log
echo "Without a trial: every test has to pass"
for test in $(for trial in "${trials[@]}"; do tests_of "$trial"; done | sort -u); do
    build "$test" >"$log" 2>&1 || { cat "$log"; echo "$test does not compile"; exit 1; }
    run "$test" >"$log" 2>&1 || { cat "$log"; echo "$test fails as it is"; exit 1; }
    grep -q '1 passed' "$log" || { echo "there is no test $test"; exit 1; }
done

failures=0
for trial in "${trials[@]}"; do
    printf '\n%s: %s\n' "$trial" "$(sed -n 's/^Removes: //p' "$root/tests/trials/$trial.patch")"
    git apply "$root/tests/trials/$trial.patch"
    for test in $(tests_of "$trial"); do
        if ! build "$test" >"$log" 2>&1; then
            outcome="NOT TRIED: it does not compile: $(grep -m 1 '^error' "$log" || true)"
        elif run "$test" >"$log" 2>&1; then
            outcome="PASSED, although its control is gone"
        else
            outcome=$(why "$log")
        fi
        case $outcome in
            "NOT TRIED"* | PASSED*) failures=$((failures + 1)) ;;
            "") outcome="NO ASSERTION: $(tail -n 3 "$log" | tr '\n' ' ')"; failures=$((failures + 1)) ;;
            *) outcome="fails at $outcome" ;;
        esac
        printf '   %s\n      %s\n' "$test" "$outcome"
    done
    git apply --reverse "$root/tests/trials/$trial.patch"
done

if [ $failures -ne 0 ]; then
    printf '\n%d of the tests did not fail as they have to\n' "$failures"
    exit 1
fi
printf '\nEvery one of %d trials made its tests fail\n' "${#trials[@]}"
