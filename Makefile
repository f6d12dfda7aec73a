# `make compare` and `make test` need nothing but Python 3.11 to 3.13: they build .venv first, once.
PYTHON ?= $(shell for p in python3 python3.13 python3.12 python3.11; do \
	$$p -c 'import sys; sys.exit(not (3, 11) <= sys.version_info[:2] <= (3, 13))' 2>/dev/null && echo $$p && break; done)
BIN := .venv/bin
READY := .venv/.ready

.PHONY: help setup compare test lint types bench docs clean

help:  ## Show these lines.
	@sed -nE 's/^([a-z]+):.*## /  make \1\t/p' Makefile | expand -t 16

setup: $(READY)  ## Build .venv with every framework and all that the tests need.

$(READY): pyproject.toml
	@test -n "$(PYTHON)" || { echo "No Python 3.11, 3.12 or 3.13 found: name one with PYTHON=" >&2; exit 3; }
	$(PYTHON) -m venv .venv
	$(BIN)/pip install --editable '.[all,test]'
	@touch $@

compare: $(READY)  ## Ask every case of every framework; writes reports/index.html.
	$(BIN)/harness compare cases --out reports

test: $(READY)  ## Run the tests.
	$(BIN)/pytest -n 2 --dist loadfile

lint: $(READY)  ## Check style and format.
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

types: $(READY)  ## Check types.
	$(BIN)/mypy

bench: $(READY)  ## Measure; writes benchmarks/results.
	$(BIN)/python -m benchmarks

docs: $(READY)  ## Write docs/commands.md, and check that the docs say what the code does.
	$(BIN)/python docs/write_commands.py
	$(BIN)/pytest tests/test_docs.py

clean:  ## Remove the environment, caches and reports.
	git clean -fdXq
