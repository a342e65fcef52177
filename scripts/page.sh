#!/usr/bin/env bash
# Builds the page into web/dist, unless what is there was built from exactly these files.
set -euo pipefail
cd "$(dirname "$0")/../web"
wanted=$(find . -type f -not -path './node_modules/*' -not -path './dist/*' -not -path './e2e/*' -not -path './public/tfjs/*' -print0 \
    | LC_ALL=C sort -z | xargs -0 sha256sum | sha256sum | cut -d' ' -f1)
if [ -f dist/index.html ] && [ "$(cat ../.tools/page.stamp 2>/dev/null)" = "$wanted" ]; then exit 0; fi
npm run --silent build
printf '%s' "$wanted" >../.tools/page.stamp
