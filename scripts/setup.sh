#!/usr/bin/env bash
# Brings a fresh machine to where the verbs of the Makefile work, and does nothing the second time: every step leaves a stamp in .tools that is
# named after the lock file it installed.
#
#   scripts/setup.sh run     what `make run` needs: the Rust toolchain, Node and the page's packages
#   scripts/setup.sh test    that, and what only the tests need: a browser, ffmpeg, five Python environments, the contract's tools, portraits
#   scripts/setup.sh build   what `make build` needs: the Rust toolchain and cargo-lambda
#   scripts/setup.sh deploy  the SAM CLI, for `make deploy`
#   scripts/setup.sh sbom    cargo-cyclonedx, for `make sbom`: no registry but crates.io has it, so it is compiled, which takes minutes, once
#
# As root on Debian or Ubuntu it installs the packages that are missing; elsewhere it says in one line what to install.
set -euo pipefail
cd "$(dirname "$0")/.."
purpose=${1:?run, test, build, deploy or sbom}
mkdir -p .tools
export PIP_DISABLE_PIP_VERSION_CHECK=1 DEBIAN_FRONTEND=noninteractive

say() { printf '   %s\n' "$*"; }
stop() { printf 'prooflight: %s\n' "$*" >&2; exit 1; }
have() { command -v "$1" >/dev/null 2>&1; }

# stamped NAME KEY: is the stamp NAME there with this key?
stamped() { [ "$(cat ".tools/$1.stamp" 2>/dev/null)" = "$2" ]; }
stamp() { printf '%s' "$2" >".tools/$1.stamp"; }
key() { cat "$@" | sha256sum | cut -d' ' -f1; }

# The tools that a machine for this work has; they are not installed behind the owner's back, because there is more than one way to.
have cargo || stop "cargo is missing: install Rust from https://rustup.rs/ (rust-toolchain.toml names the version)"
have cc || have gcc || have clang || stop "a C compiler is missing (cc): install the Debian package build-essential, or its like"
if [ "$purpose" != build ] && [ "$purpose" != deploy ]; then
    have node && have npm || stop "node or npm is missing: install Node.js 20.19 or newer from https://nodejs.org/"
    node -e 'const [a, b] = process.versions.node.split(".").map(Number); process.exit(a > 20 || (a === 20 && b >= 19) ? 0 : 1)' \
        || stop "Node.js $(node --version) is too old: 20.19 or newer is needed"
fi
if [ "$purpose" != run ]; then
    have python3 || stop "python3 is missing: install Python 3.11 or newer"
    python3 -c 'import sys; sys.exit(sys.version_info < (3, 11))' || stop "$(python3 --version) is too old: 3.11 or newer is needed"
fi

# The page's packages.
if { [ "$purpose" = run ] || [ "$purpose" = test ]; } && [ -f web/package-lock.json ]; then
    wanted=$(key web/package-lock.json <(node --version))
    if ! { [ -d web/node_modules ] && stamped npm "$wanted"; }; then
        say "installing the page's packages (npm ci)"
        (cd web && npm ci --no-audit --no-fund --loglevel=error)
        stamp npm "$wanted"
    fi
fi

# Debian packages, of the tests only.
if [ "$purpose" = test ]; then
    missing=()
    { [ -n "${CHROMIUM:-}" ] && have "$CHROMIUM"; } || have chromium || missing+=(chromium)
    { have ffmpeg && have ffprobe; } || missing+=(ffmpeg)
    python3 -c 'import ensurepip, venv' 2>/dev/null || missing+=(python3-venv)
    if [ ${#missing[@]} -gt 0 ]; then
        if [ "$(id -u)" = 0 ] && have apt-get; then
            say "installing Debian packages: ${missing[*]}"
            { apt-get update -qq && apt-get install -y -qq --no-install-recommends "${missing[@]}"; } >.tools/apt.log 2>&1 </dev/null \
                || { cat .tools/apt.log >&2; stop "apt-get could not install: ${missing[*]}"; }
        else
            stop "missing: ${missing[*]} (install these Debian packages or their like; CHROMIUM may name another Chromium)"
        fi
    fi
fi

# Python environments, one for each set of packages that agree with one another.
environment() {
    local name=$1 wanted
    wanted=$(key "requirements/$name.txt" <(python3 -c 'import sys; print(sys.version, sys.prefix)') <(pwd))
    if ! { [ -x ".tools/$name/bin/python" ] && stamped "$name" "$wanted"; }; then
        say "installing the Python environment \"$name\""
        rm -rf ".tools/$name"
        python3 -m venv ".tools/$name"
        # The lock is complete: without dependencies pip has nothing to resolve, and nothing unlocked to take.
        ".tools/$name/bin/python" -m pip install --quiet --no-deps --require-hashes --only-binary :all: -r "requirements/$name.txt"
        stamp "$name" "$wanted"
    fi
}
# What checks the contract, and makes the page's types of it. No script of a package runs: one of them reports installations to its maker.
contract_tools() {
    local wanted folder=.tools/contract
    wanted=$(key requirements/contract/package-lock.json <(node --version))
    if ! { [ -d "$folder/node_modules" ] && stamped contract "$wanted"; }; then
        say "installing the contract's tools (npm ci)"
        mkdir -p "$folder" && cp requirements/contract/package.json requirements/contract/package-lock.json "$folder/"
        (cd "$folder" && npm ci --ignore-scripts --no-audit --no-fund --loglevel=error)
        stamp contract "$wanted"
    fi
}
# Portraits of two other people, official ones in the public domain, out of the sources of a Python package; of the tests only.
portraits() {
    local wanted=5e5efdd1686aa566af0d3cc1313b131e4b197657a8ffd03669e6d3fad92705ec folder=.tools/portraits
    if ! { [ -f "$folder/obama2.jpg" ] && stamped portraits "$wanted"; }; then
        say "fetching portraits for the tests"
        rm -rf "$folder" && mkdir -p "$folder"
        printf 'face_recognition==1.3.0 --hash=sha256:%s\n' "$wanted" >"$folder/requirements.txt"
        .tools/test/bin/python -m pip download --quiet --no-deps --require-hashes --no-binary face_recognition \
            --dest "$folder" -r "$folder/requirements.txt"
        tar -xzf "$folder"/face_recognition-*.tar.gz -C "$folder" --strip-components 3 --wildcards \
            '*/tests/test_images/obama.jpg' '*/tests/test_images/obama2.jpg' '*/tests/test_images/biden.jpg'
        rm -f "$folder"/face_recognition-*.tar.gz
        stamp portraits "$wanted"
    fi
}
bill_of_materials() {
    local wanted=0.5.9
    if ! { [ -x .tools/sbom/bin/cargo-cyclonedx ] && stamped sbom "$wanted"; }; then
        say "compiling cargo-cyclonedx $wanted, which takes a few minutes"
        cargo install --quiet --locked --root .tools/sbom --target-dir .tools/sbom/target "cargo-cyclonedx@$wanted"
        rm -rf .tools/sbom/target
        stamp sbom "$wanted"
    fi
}
case $purpose in
    run) ;;
    test) environment sam; environment test; environment ministack; environment checkov; environment crates; contract_tools; portraits ;;
    build) environment build ;;
    deploy) environment sam ;;
    sbom) bill_of_materials ;;
    *) stop "setup.sh knows run, test, build, deploy and sbom, not \"$purpose\"" ;;
esac
