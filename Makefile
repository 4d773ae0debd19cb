# The front door. Needs only a Python (3.9 or newer) on the machine: it brings uv, and uv brings
# everything else, including the node that CDK's jsii needs (a locked Python package).
SHELL := /bin/bash
.DEFAULT_GOAL := help
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
UV := .tools/uv/bin/uv
# uv finds a Python 3.13 on PATH or fetches one; an installation of pyenv's is offered to it by path.
PYENV_313 := $(shell ls $${PYENV_ROOT:-$$HOME/.pyenv}/versions/3.13.*/bin/python 2>/dev/null | tail -n 1)
export JSII_SILENCE_WARNING_END_OF_LIFE_NODE_VERSION := 20
export PYTHONDONTWRITEBYTECODE :=

.PHONY: help setup run test check types unit faults platform demo synth golden bench train clean

help: ## list the targets
	@grep -hE '^[a-z]+:.*##' $(MAKEFILE_LIST) | awk -F':.*## ' '{printf "  make %-8s %s\n", $$1, $$2}'

$(UV):
	@echo "setup: bringing uv"
	@$(PYTHON) -m venv .tools/uv
	@.tools/uv/bin/python -m pip install --quiet --disable-pip-version-check "uv>=0.8"

$(VENV)/.synced: $(UV) uv.lock pyproject.toml
	@echo "setup: installing the locked environment"
	@$(UV) sync --frozen --quiet $(if $(PYENV_313),--python $(PYENV_313))
	@touch $@

setup: $(VENV)/.synced ## prepare this checkout (done by every other target)

run: setup ## the whole platform here, with 20 customers (ONCE=1: end after them)
	@$(BIN)/autolend up --demo 20 $(if $(ONCE),--once --fresh)

demo: setup ## 20 more customers on the running platform, or on one of its own
	@$(BIN)/autolend demo --limit 20

synth: setup ## the CloudFormation templates, in cdk.out (no network, account or Docker)
	@CDK_OUTDIR=cdk.out $(BIN)/python -m infra.app
	@echo "synthesized into cdk.out"

golden: setup ## write the golden files anew, then look at the difference
	@$(BIN)/python -m tests.golden.regenerate
	@git --no-pager diff --stat -- tests/golden

bench: setup ## every benchmark: ratios within one run, or counted operations
	@for file in benchmarks/*.py; do echo "== $$file"; $(BIN)/python $$file || exit 1; done

train: setup ## train the scorecard anew (writes the model layer's artefact)
	@$(BIN)/python -m ml.train_scorecard

test: setup ## all tests
	@$(MAKE) --no-print-directory check
	@$(BIN)/pytest tests/adapters tests/partners tests/golden tests/differential tests/replay -n 2
	@$(MAKE) --no-print-directory --jobs 2 platform faults

# Processes of their own: both patch moto, and its mocks would reset the shared platform. One mostly
# computes, the other mostly waits; the output of the first follows when it is done.
faults: setup
	@mkdir -p .cache
	@$(BIN)/pytest tests/faults -n 2 >.cache/faults.log 2>&1; status=$$?; cat .cache/faults.log; exit $$status

platform: setup
	@$(BIN)/pytest tests/infra tests/localcloud tests/e2e -n 3 --dist loadfile --no-loadscope-reorder

check: setup ## seconds: format, lint, types, arrows, unit tests
	@$(BIN)/ruff format --check .
	@$(BIN)/ruff check .
	@$(BIN)/lint-imports
	@$(MAKE) --no-print-directory --jobs 2 --output-sync types unit

types: setup
	@$(BIN)/mypy

unit: setup
	@$(BIN)/pytest tests/unit tests/architecture -n 2

clean: ## remove everything that was built here
	rm -rf $(VENV) .tools .cache .autolend cdk.out .pytest_cache .mypy_cache .ruff_cache .hypothesis layers/runtime/python layers/seal/python layers/render/python/typst*
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
