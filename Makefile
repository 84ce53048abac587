# Everything that a newcomer, a contributor and continuous integration run. Needs Python 3.11 or later, git and make.
SHELL := /bin/sh
.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
.SUFFIXES:
.PHONY: help demo test test-slow lint format docs benchmarks constraints real-parts clean

PYTHON ?= $(shell tools/find-python)
VENV := .venv
BIN := $(VENV)/bin
# The stamps lie in the environment, so that removing it removes them.
RUNTIME := $(VENV)/.installed-runtime
DEV := $(VENV)/.installed-dev
PIP_INSTALL := $(BIN)/python -m pip install --quiet --disable-pip-version-check --constraint constraints.txt
# Processes that tests run in.
JOBS ?= 2
# Further arguments for pytest: make test ARGS="-k card"
ARGS ?=

help: ## What there is to make
	@sed -n 's/^\([a-z-]*\):.*## /\1\t/p' Makefile | while IFS='	' read -r name text; do printf '  make %-12s %s\n' "$$name" "$$text"; done

demo: $(RUNTIME) ## Media of this repository's last change, in mediagen-out/
	$(BIN)/ci-mediagen run --output mediagen-out

test: lint ## Lint, types and all tests but the long proofs, with coverage
	$(BIN)/python -m pytest -m "not slow" -n $(JOBS) --dist loadfile --cov --cov-report=term:skip-covered $(ARGS)

test-slow: $(DEV) ## The long proofs
	$(BIN)/python -m pytest -m slow -n $(JOBS) --dist loadfile $(ARGS)

lint: $(DEV) ## ruff and mypy
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

format: $(DEV) ## Formats the code, and mends what ruff can mend
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

docs: $(DEV) ## Regenerates docs/reference/ from the code
	$(BIN)/python tools/generate_docs.py

benchmarks: $(DEV) ## Speed, as ratios measured in one run
	$(BIN)/python -m benchmarks

real-parts: ## What some tests need besides Python: Chromium, fonts, Java and a Groovy runtime (Debian, root)
	tools/install-real-parts

constraints: $(DEV) ## Pins what is installed now in constraints.txt
	tools/pin-constraints $(BIN)/python

clean: ## Removes everything that was made here
	rm -rf $(VENV) build dist mediagen-out htmlcov node_modules .coverage .coverage.* .mypy_cache .ruff_cache .pytest_cache

# Both follow pyproject.toml and constraints.txt; the package itself is installed editable, so its source needs no step.
$(RUNTIME): $(BIN)/python pyproject.toml constraints.txt
	@$(PIP_INSTALL) --editable .
	@touch $@

$(DEV): $(RUNTIME)
	@echo "Adding the tools for tests to $(VENV) (once)"
	@$(PIP_INSTALL) --editable '.[dev]'
	@touch $@

# Missing, or a link to a Python that is gone or was upgraded since.
$(BIN)/python:
	@test -n "$(PYTHON)"
	@echo "Setting up $(VENV) (once; about half a minute)"
	@"$(PYTHON)" tools/make_venv.py $(VENV)
