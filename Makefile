# Everything installs itself into .venv; `make run` and `make test` need nothing but Python
# 3.11 or newer, make, git and a C++ compiler.
PYTHON ?= $(shell command -v python3.11 || command -v python3)
VENV := .venv
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip --disable-pip-version-check --quiet
INSTALL := PIP_NO_INPUT=1 $(PIP) install --constraint constraints.txt </dev/null

.PHONY: run test test-all lint bench llama clean

# Without llama.cpp Paperboy still answers, in quoted sentences: a build that failed is not tried
# again by itself.
run: $(VENV)/.ready ## Read the starter set and today's papers, then answer questions
	@test -e $(VENV)/.ready-llama -o -e $(VENV)/.failed-llama || $(MAKE) --no-print-directory llama || true
	@$(BIN)/paperboy start

llama: $(VENV)/.ready ## Build llama.cpp (again), which writes answers
	@rm -f $(VENV)/.ready-llama
	@$(BIN)/python -m rag.llm.llama_build || { touch $(VENV)/.failed-llama; exit 1; }
	@rm -f $(VENV)/.failed-llama && touch $(VENV)/.ready-llama

test: $(VENV)/.ready-test lint ## Lint, types, import contracts and the quick tests
	$(BIN)/python -m pytest

test-all: $(VENV)/.ready-test lint ## The slow tests too (random kills, whole corpora)
	$(BIN)/python -m pytest -m ""

lint: $(VENV)/.ready-test
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

bench: $(VENV)/.ready-bench ## Ratios measured in one run; see docs/evaluation.md
	$(BIN)/python -m tests.benchmarks.ingest
	$(BIN)/python -m tests.benchmarks.answers
	$(BIN)/python -m tests.benchmarks.discord
	$(BIN)/python -m tests.benchmarks.crowd
	$(BIN)/python -m tests.benchmarks.model

$(VENV)/bin/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
		{ echo "Paperboy needs Python 3.11 or newer: make run PYTHON=python3.11"; exit 1; }
	@$(PYTHON) -m venv $(VENV)

$(VENV)/.ready: pyproject.toml constraints.txt | $(VENV)/bin/python
	@echo "Installing Paperboy into $(VENV) (a few minutes, once) …"
	@$(INSTALL) --editable .
	@touch $@

$(VENV)/.ready-llama: | $(VENV)/.ready
	@$(MAKE) --no-print-directory llama

$(VENV)/.ready-test: $(VENV)/.ready $(VENV)/.ready-llama
	@$(INSTALL) --editable '.[test]'
	@touch $@

$(VENV)/.ready-bench: $(VENV)/.ready-test
	@$(INSTALL) --editable '.[test,bench]'
	@touch $@

clean:
	rm -rf $(VENV) build *.egg-info
