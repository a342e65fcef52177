#!/usr/bin/env bash
# Runs a part of the workspace's Rust tests: with nextest, which takes a filter and keeps the build of the whole workspace, or, where it is not
# installed, with cargo test, which takes a selection of packages.
#
#   scripts/rust-tests.sh NEXTEST_FILTER CARGO_TEST_SELECTION...
set -euo pipefail
cd "$(dirname "$0")/.."
filter=$1; shift
if cargo nextest --version >/dev/null 2>&1; then
    exec cargo nextest run --cargo-quiet --locked --workspace --no-tests=pass --status-level=fail --show-progress=none -E "$filter"
fi
[ "$1" = --package ] || set -- --workspace "$@"
exec cargo test --quiet --locked "$@"
