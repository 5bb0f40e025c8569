# What a machine needs: Python 3.11 or later with venv and pip, and make. Everything else comes into .venv.

PYTHON ?= python3
ARGS ?=
# A file's tests stay together and in order: what they share is made once, and browsers come last.
PROCESSES ?= --numprocesses 2 --dist loadfile --no-loadscope-reorder
PIP = .venv/bin/python -m pip --disable-pip-version-check
PAGE := $(shell find web \( -path web/node_modules -o -path web/generated \) -prune -o -type f -print)

.PHONY: help run setup test check audit web-test bench proof pictures web clean
.DEFAULT_GOAL := help

help: ## Say what each target does
	@sed -n 's/^\([a-z-]*\):.*## /\1	/p' Makefile | while IFS='	' read -r name text; do printf '  make %-10s %s\n' "$$name" "$$text"; done

run: export PARKWATT_DATA_DIR ?= $(CURDIR)/data
run: .venv/.demo ## Set everything up and start the demo park on http://127.0.0.1:8000
	@exec .venv/bin/parkwatt demo $(ARGS)

setup: .venv/.dev ## Set everything up for development

test: .venv/.dev ## Pass the tests (ARGS="-k name" for some of them)
	.venv/bin/python -m pytest $(PROCESSES) $(ARGS)

check: .venv/.dev ## Format, lint, types, import contracts, the page's tests, all tests
	.venv/bin/ruff format --check .
	.venv/bin/ruff check .
	.venv/bin/mypy
	.venv/bin/lint-imports --no-cache
	$(MAKE) web-test
	$(MAKE) test

audit: .venv/.dev ## Known weaknesses of the locked packages; 2: an advisory service did not answer
	PATH="$(CURDIR)/.venv/bin:$$PATH" .venv/bin/python ci/advisories.py

web-test: .venv/.dev ## Pass the tests of the page's own modules
	PATH="$(CURDIR)/.venv/bin:$$PATH" npm --prefix web test

bench: .venv/.dev ## Measure (ONLY=name for one), write bench/results.json
	.venv/bin/python -m bench $(ONLY)

proof: .venv/.dev ## Run the long fault and soak tests, write docs/proof/*.json
	PARKWATT_PROOF_DIR=docs/proof .venv/bin/python -m pytest -m long $(ARGS)

pictures: .venv/.dev ## Take docs/images from a running park (PARKWATT_URL, else port 8000)
	.venv/bin/python docs/pictures.py

web: .venv/.demo ## Build the page again where its sources changed

clean: ## Remove what was built and installed; the data folder stays
	rm -rf .venv web/node_modules src/telemetry/web/dist build dist .mypy_cache .ruff_cache .pytest_cache .hypothesis

.venv/bin/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
		{ echo 'ParkWatt needs Python 3.11 or later: make PYTHON=/path/to/python3.12'; exit 1; }
	@echo '== 1/2  virtual environment in .venv'
	@$(PYTHON) -m venv .venv

.venv/.demo: pyproject.toml constraints.txt $(PAGE) | .venv/bin/python
	@echo '== 2/2  packages and page (a minute or two on a first run)'
	@$(PIP) install --constraint constraints.txt --editable '.[demo]'
	@touch $@

.venv/.dev: pyproject.toml constraints.txt $(PAGE) | .venv/bin/python
	@echo '== 2/2  packages and page (a minute or two on a first run)'
	@$(PIP) install --constraint constraints.txt --editable '.[dev]'
	@touch .venv/.demo $@
