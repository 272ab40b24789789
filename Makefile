# qontract-skupper: `make demo` and `make test` do all the set-up they need.
.DEFAULT_GOAL := help
SHELL := /bin/bash
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
INSTALLED := $(VENV)/.installed
# Only files with the hashes of a constraints file are installed, and no sources, whose build would fetch more.
PIP_INSTALL := python -m pip install --quiet --disable-pip-version-check
VERIFIED := --require-hashes --only-binary :all:
# Of `make constraints`.
UV := uv==0.13.9
# Test processes: two for each core and one more, since tests on clusters spend two thirds of their time waiting.
WORKERS ?= $(shell expr $$(nproc) \* 2 + 1)
# Otherwise each test process would compile the program, and every test with its asserts, anew.
unexport PYTHONDONTWRITEBYTECODE
# Memory pools of a process: by default there may be eight for each core, and tests start thousands of threads.
export MALLOC_ARENA_MAX ?= 2

.PHONY: help
help:  ## List all targets
	@awk 'BEGIN {FS = ":.*## "} /^[a-z-]+:.*## / {printf "  make %-14s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

$(INSTALLED): pyproject.toml constraints.txt
	$(PYTHON) -m venv $(VENV)
	$(BIN)/$(PIP_INSTALL) $(VERIFIED) --requirement constraints.txt
	$(BIN)/$(PIP_INSTALL) --no-deps --no-build-isolation --editable .
	touch $@

.PHONY: install
install: $(INSTALLED)  ## Create the virtual environment and install into it

.PHONY: demo
demo: $(INSTALLED)  ## From data to linked sites on an embedded sandbox, and down again
	@$(BIN)/python -m reconcile.sandbox.demo

.PHONY: test
test: $(INSTALLED)  ## Run all tests (ARGS='-k name' for some)
	@$(BIN)/python -m pytest -n $(WORKERS) --dist loadgroup --no-loadscope-reorder $(ARGS)

.PHONY: proof
proof: $(INSTALLED)  ## Run all tests in their exhaustive form, which takes much longer, then `make mutations` (ARGS='-k name' for some tests)
	@$(BIN)/python -m pytest -n $(WORKERS) --dist loadgroup --no-loadscope-reorder --proof $(ARGS)
	@$(if $(ARGS),,$(BIN)/python -m tests.mutations)

.PHONY: mutations
mutations: $(INSTALLED)  ## Break the program in one place at a time: do the tests notice? (ARGS='word' for some)
	@$(BIN)/python -m tests.mutations $(ARGS)

.PHONY: soak
soak: $(INSTALLED)  ## Play 300 random events on 40 sites over 6 clusters, as `make proof` does (ARGS='--seed 8' for the same ones)
	@$(BIN)/python -m pytest -n 0 --proof $(ARGS) tests/soak/test_soak.py

.PHONY: kube-assets
kube-assets:  ## Obtain kube-apiserver and etcd, so that `make test` runs on real API servers too
	@tests/clusters/kube-assets

.PHONY: check
check: $(INSTALLED)  ## Lint, types, layers, insecure code, and whether generated files are up to date
	$(BIN)/python -m codegen --check
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/bandit --quiet --recursive reconcile codegen

.PHONY: audit
audit:  ## Look for advisories about all that constraints*.txt pin (pip-audit; needs an advisory service)
	test -x build/audit/bin/python || $(PYTHON) -m venv build/audit
	build/audit/bin/$(PIP_INSTALL) $(VERIFIED) --requirement constraints-audit.txt
	@set -e; for pins in constraints*.txt; do echo "$$pins:"; build/audit/bin/pip-audit --disable-pip --require-hashes --strict --requirement $$pins; done

.PHONY: format
format: $(INSTALLED)  ## Format the sources
	$(BIN)/ruff check --fix-only --quiet .
	$(BIN)/ruff format --quiet .

.PHONY: bench
bench: $(INSTALLED)  ## Measure planning, topology and requests, as ratios
	@$(BIN)/python -m tests.bench

FUZZ_SECONDS ?= 60
.PHONY: fuzz
fuzz: $(INSTALLED)  ## Fuzz the readers of what clusters send, FUZZ_SECONDS=60 a target (installs atheris)
	$(BIN)/$(PIP_INSTALL) $(VERIFIED) --no-deps --requirement constraints-fuzz.txt
	@set -e; for target in $$(ls tests/fuzz/corpus); do $(BIN)/python -m tests.fuzz $$target --seconds $(FUZZ_SECONDS); done

.PHONY: golden
golden: $(INSTALLED)  ## Regenerate the golden files of the tests; review the difference
	@UPDATE_GOLDEN=1 $(BIN)/python -m pytest -q tests/report tests/cli tests/faults || true
	@git --no-pager diff --stat -- tests

.PHONY: generate
generate: $(INSTALLED)  ## Regenerate schema, GraphQL type, query, model and docs/data.md from the table of config keys
	@$(BIN)/python -m codegen

.PHONY: docs
docs: generate  ## Regenerate docs/data.md, docs/faults.md, docs/removal.md, docs/demo.md and the output in README.md and docs/json.md
	@$(BIN)/python -m tests.faults.table
	@$(BIN)/python -m tests.skupper.accident_table
	@$(BIN)/python -m tests.docs.transcript
	@$(BIN)/python -m tests.docs.walk
	@$(BIN)/python -m tests.docs.test_json

PIN := build/pins/bin/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-header --no-annotate --native-tls
.PHONY: constraints
constraints:  ## Pin the newest versions that pyproject.toml allows, with hashes (ARGS='--upgrade-package name' for some)
	rm -rf build/pins && $(PYTHON) -m venv build/pins
	build/pins/bin/$(PIP_INSTALL) $(UV)
	$(PIN) $(or $(ARGS),--upgrade) pyproject.toml --extra dev --output-file constraints.txt
	sed -n '/^fuzz = /,/^]/s/^ *"\(.*\)".*/\1/p' pyproject.toml | $(PIN) $(or $(ARGS),--upgrade) - --no-deps --output-file constraints-fuzz.txt
	echo pip-audit | $(PIN) $(or $(ARGS),--upgrade) - --output-file constraints-audit.txt

.PHONY: clean
clean:  ## Remove what was built
	rm -rf $(VENV) build dist *.egg-info .mypy_cache .ruff_cache .pytest_cache .hypothesis
