# The verbs. Each does its own set-up, and is quick when there is nothing to do.

SHELL := bash
.DEFAULT_GOAL := help
.NOTPARALLEL:
MAKEFLAGS += --no-print-directory

STEP := scripts/step.sh
TARGET := $(abspath $(or $(CARGO_TARGET_DIR),target))
# Always the whole workspace: with a part of it, cargo would pick other features of the dependencies and compile them again.
CARGO_ALL := --locked --workspace
FUNCTIONS := $(notdir $(patsubst %/,%,$(wildcard functions/*/)))
ARCHITECTURE ?= arm64
# What runs here is compiled for this machine's processor: decoding a video is most of an analysis, and wider vectors save a tenth of it.
QUICK := env RUSTFLAGS="$(strip $(RUSTFLAGS) -C target-cpu=native)" cargo
# What starts on this machine, by Lambda's name for it.
HERE := $(subst aarch64,arm64,$(shell uname -m))
FLAGS ?=

# Lambda's linters ask neither a network nor an account, and report to nobody.
SAM := env SAM_CLI_TELEMETRY=0 __SAM_CLI_APP_DIR=.tools/aws-sam AWS_DEFAULT_REGION=us-east-1 AWS_EC2_METADATA_DISABLED=true .tools/sam/bin
# What holds the contract to its own rules, and the page's types to the contract.
CONTRACT := .tools/contract/node_modules/.bin
# The tests of other languages drive the binary that the Rust tests were built with.
LOCAL := PROOFLIGHT_LOCAL=$(TARGET)/debug/prooflight-local

# What the functions called while the system tests ran; the roles are compared with it.
JOURNAL := $(TARGET)/journal

export CI ?= true
# From a clone, everything is compiled once: what cargo would keep to compile less the next time is a gigabyte and some time.
export CARGO_INCREMENTAL ?= 0
export PYTHONDONTWRITEBYTECODE := 1
# CI=true makes some tools paint; where nobody watches a terminal, colours are noise in a log.
ifndef MAKE_TERMOUT
export NO_COLOR := 1
endif

.PHONY: help setup run simulate test lint unit system e2e hostile bench build clean fmt types test-build page pad-report trials

help: ## this list
	@awk -F ':.*## ' '/^[a-z0-9-]+:.*## / { printf "  make %-10s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

setup: ## install what the other verbs need
	@$(STEP) --live "set-up" scripts/setup.sh test

run: ## serve everything on this machine, at https://localhost:8443/ (FLAGS="--https-port 9443")
	@scripts/setup.sh run
	@scripts/page.sh
	@$(QUICK) build --locked --profile quick -p prooflight-local
	@exec $(TARGET)/quick/prooflight-local --web-dir web/dist $(FLAGS)

simulate: ## a whole check without a browser, while make run serves (FLAGS="--presenter replay --unthrottled --json")
	@$(QUICK) build --locked --profile quick -p prooflight-simulator
	@exec $(TARGET)/quick/prooflight-simulate $(FLAGS)

test: ## check everything, from a fresh clone
	@mkdir -p .tools && : >.tools/steps
	@$(MAKE) setup lint unit system e2e
	@printf '\n== Everything passed\n' && cat .tools/steps
	@awk '{ sum += $$1 } END { printf "%6d s  in all\n", sum }' .tools/steps

lint: setup ## formatting, clippy, documentation, licences, types, template, contract, workflow
	@$(STEP) "cargo fmt --check" cargo fmt --all --check
	@$(STEP) "cargo clippy" cargo clippy --quiet $(CARGO_ALL) --all-targets -- -D warnings
	@$(STEP) "cargo doc" env RUSTDOCFLAGS="-D warnings" cargo doc --quiet $(CARGO_ALL) --no-deps
	@$(STEP) "cargo deny" .tools/crates/bin/cargo-deny --locked --log-level error check --hide-inclusion-graph licenses bans sources
	@$(STEP) "page: types" npm --prefix web run --silent typecheck
	@$(STEP) "page: lint" npm --prefix web run --silent lint
	@$(STEP) "sam validate --lint" $(SAM)/sam validate --lint
	@$(STEP) "sam validate --lint, page" $(SAM)/sam validate --lint --template infra/page.yaml
	@$(STEP) "sam validate --lint, edge" $(SAM)/sam validate --lint --template infra/edge.yaml
	@$(STEP) "asl-validator" web/node_modules/.bin/asl-validator --json-path infra/identity-check.asl.json
	@$(STEP) "contract: spectral" $(CONTRACT)/spectral lint --quiet --ruleset infra/spectral.yaml --fail-severity hint infra/openapi.yaml
	@$(STEP) "contract: openapi-spec-validator" .tools/test/bin/openapi-spec-validator infra/openapi.yaml
	@$(STEP) "contract: the page's types" $(CONTRACT)/openapi-typescript infra/openapi.yaml --check --output web/src/api/contract.ts
	@$(STEP) "checkov" .tools/checkov/bin/checkov --config-file infra/checkov.yaml
	@$(STEP) "cfn-lint" $(SAM)/cfn-lint --include-checks I --non-zero-exit-code informational -- template.yaml infra/page.yaml infra/edge.yaml

unit: test-build ## the tests of each part
	@$(STEP) --live "Rust tests" scripts/rust-tests.sh 'not package(prooflight-tests)' --exclude prooflight-tests
	@$(STEP) "examples in the documentation" cargo test --quiet $(CARGO_ALL) --doc
	@$(STEP) --live "page: unit tests" npm --prefix web run --silent test

system: test-build ## the tests over the wire
	@rm -rf $(JOURNAL) && mkdir -p $(JOURNAL)
	@$(STEP) --live "system tests" env PROOFLIGHT_JOURNAL=$(JOURNAL) scripts/rust-tests.sh 'package(prooflight-tests)' --package prooflight-tests
	@$(STEP) "least privilege" env PROOFLIGHT_JOURNAL=$(JOURNAL) cargo test --quiet $(CARGO_ALL) --test system -- --ignored --exact roles::whatever_a_role_grants_is_used
	@$(STEP) --live "hostile requests" env $(LOCAL) .tools/test/bin/python tests/hostile/run.py 1000
	@$(STEP) "two functions start from their zips" python3 scripts/lambda-zips.py --start --out $(TARGET)/lambda-smoke \
	    $(TARGET)/debug/get-verification $(TARGET)/debug/create-session
	@$(STEP) --live "boto3 tests" env $(LOCAL) .tools/test/bin/python -m pytest -q -p no:cacheprovider tests/boto3
	@$(STEP) --live "second AWS" env $(LOCAL) .tools/ministack/bin/python -m pytest -q -p no:cacheprovider tests/ministack

e2e: test-build page ## the page in a real browser
	@$(STEP) --live "browser tests" env $(LOCAL) npm --prefix web run --silent e2e

test-build: setup
	@$(STEP) "cargo build, with tests" cargo build --quiet $(CARGO_ALL) --bins --tests

page: setup
	@$(STEP) "page: build" scripts/page.sh

hostile: test-build ## more hostile requests to the API than `test` makes (SEED=2 for others)
	@$(STEP) --live "hostile requests" env $(LOCAL) .tools/test/bin/python tests/hostile/run.py 5000 $(SEED)

trials: setup ## take each control of docs/SECURITY.md away, and see its test fail (TRIALS="idor relay")
	@$(STEP) --live "trials" scripts/trials.sh $(TRIALS)

types: setup ## the page's types, from the contract
	@$(CONTRACT)/openapi-typescript infra/openapi.yaml --output web/src/api/contract.ts

bench: ## measure, in optimised code
	@scripts/setup.sh test
	@$(QUICK) build --locked --profile quick -p prooflight-local
	@$(QUICK) run --quiet --locked --profile quick -p prooflight-vision --example analyse -- tests/data/captures
	@$(QUICK) bench --quiet --locked --profile quick -p prooflight-local --bench streams
	@RUST_LOG=off PROOFLIGHT_LOCAL=$(TARGET)/quick/prooflight-local $(QUICK) bench --quiet --locked --profile quick -p prooflight-tests

# So many that there are 150 of each attack.
CLIPS ?= 1800
# Weights are set on other people: `tune`, beside it.
PORTRAITS ?= ../shared/photos/portraits/test
pad-report: ## how the local engine treats simulated attacks: docs/PAD-REPORT.md (PORTRAITS=DIR, CLIPS=1800)
	@[ -d "$(PORTRAITS)" ] || { echo "make pad-report needs PORTRAITS=DIR, a folder of frontal portraits, one person each; there is no $(PORTRAITS)" >&2; exit 2; }
	@$(QUICK) build --locked --profile quick -p prooflight-simulator
	@$(TARGET)/quick/prooflight-pad-report --portraits "$(PORTRAITS)" --clips $(CLIPS) --keep $(TARGET)/pad $(FLAGS)

build: ## the Lambda binaries, in target/lambda (ARCHITECTURE=x86_64 for the other one)
	@scripts/setup.sh build
	@PATH="$(CURDIR)/.tools/build/bin:$$PATH" cargo lambda build --locked --release --lambda-dir target/lambda \
	    $(if $(filter arm64,$(ARCHITECTURE)),--arm64,--x86-64) $(addprefix --bin ,$(FUNCTIONS))
	@python3 scripts/lambda-zips.py $(if $(filter $(ARCHITECTURE),$(HERE)),--start) --out target/lambda \
	    $(foreach function,$(FUNCTIONS),target/lambda/$(function)/bootstrap)

.PHONY: deploy
deploy: build ## deploy what make build made, asking for the parameters (ARCHITECTURE as for build)
	@scripts/setup.sh deploy
	@env SAM_CLI_TELEMETRY=0 .tools/sam/bin/sam deploy --guided --parameter-overrides Architecture=$(ARCHITECTURE)

# The zips' processor, by the name that rustc has for it.
RUST_TARGET := $(if $(filter arm64,$(ARCHITECTURE)),aarch64,$(ARCHITECTURE))-unknown-linux-gnu

.PHONY: sbom
sbom: ## what the binaries and the page are made of, in target/sbom (CycloneDX; ARCHITECTURE as for build)
	@scripts/setup.sh sbom
	@$(STEP) --live "bills of materials" scripts/sbom.sh $(TARGET) $(RUST_TARGET)

fmt: ## format the sources
	@cargo fmt --all
	@npm --prefix web run --silent --if-present fmt

clean: ## remove what was built and installed; the data in .prooflight stays
	@cargo clean --quiet
	@rm -rf .tools web/dist web/node_modules
