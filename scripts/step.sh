#!/usr/bin/env bash
# Runs one step of a verb: a headline, the command, the time it took. A step that passes is quiet, unless it is a test run (--live), whose own
# summary is worth reading; a step that fails shows all its output and ends in one line that names it.
#
#   scripts/step.sh [--live] HEADLINE COMMAND [ARGUMENT...]
set -uo pipefail

live=false
if [ "$1" = --live ]; then live=true; shift; fi
headline=$1; shift

cd "$(dirname "$0")/.."
mkdir -p .tools
printf '\n== %s\n' "$headline"
started=$SECONDS
status=0
# Nothing may wait for an answer: there may be nobody to give one.
if $live; then
    "$@" </dev/null || status=$?
else
    output=$(mktemp)
    trap 'rm -f "$output"' EXIT
    "$@" </dev/null >"$output" 2>&1 || status=$?
    [ $status -eq 0 ] || cat "$output"
fi
took=$((SECONDS - started))

if [ $status -ne 0 ]; then
    printf '\n== FAILED: %s (exit code %d, after %d s)\n' "$headline" "$status" "$took"
    exit 1
fi
printf '   passed in %d s\n' "$took"
printf '%6d s  %s\n' "$took" "$headline" >>.tools/steps
