#!/usr/bin/env bash
# What every binary and the page are made of, as CycloneDX 1.5: target/sbom/<binary>.cdx.json and page.cdx.json. The same sources give the same
# files: the time in them is the last commit's, and no path of this machine is in them. (npm alone writes its own time and a random serial number.)
#
#   scripts/sbom.sh TARGET_FOLDER RUST_TARGET
set -euo pipefail
cd "$(dirname "$0")/.."
folder=$1/sbom rust_target=$2
rm -rf "$folder" && mkdir -p "$folder"

SOURCE_DATE_EPOCH=${SOURCE_DATE_EPOCH:-$(git log -1 --format=%ct 2>/dev/null || echo 0)}
export SOURCE_DATE_EPOCH
# It writes beside each Cargo.toml, and what is one step of a failed run must not stay there.
trap 'find . -path ./target -prune -o -name node_modules -prune -o -name "*_bin.cdx.json" -exec rm -f {} +' EXIT
.tools/sbom/bin/cargo-cyclonedx cyclonedx -qq --format json --spec-version 1.5 --target "$rust_target" --describe binaries
for made in */*_bin.cdx.json functions/*/*_bin.cdx.json; do
    name=${made##*/}
    sed "s#file://$PWD/#file:///#g" "$made" >"$folder/${name%_bin.cdx.json}.cdx.json"
done
# All packages: what only builds and tests the page is marked as `development`. One of those is in the page: the face finder's WebAssembly.
npm --prefix web sbom --package-lock-only --sbom-format cyclonedx --sbom-type application >"$folder/page.cdx.json"
printf '   %d documents in %s\n' "$(find "$folder" -name '*.cdx.json' | wc -l)" "$folder"
