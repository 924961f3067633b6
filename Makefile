# Everything happens in .venv, made from requirements.lock; `make demo` and `make test` need nothing before them.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
READY := $(VENV)/ready
ORG ?=
# Two workers, whatever the machine: tests that share a server stay in one (see tests/conftest.py).
WORKERS := -n 2 --no-loadscope-reorder

.PHONY: help demo up test test-long test-fast check fix docs audit bench lock clean
.DEFAULT_GOAL := help

help: ## list these targets
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | awk -F ':.*## ' '{printf "  make %-10s %s\n", $$1, $$2}'

# Commands are not echoed, so that the one error that a bare system meets here is not buried.
$(READY): requirements.lock pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { \
	  echo "prflow needs Python 3.11 or newer: make PYTHON=/path/to/python3.11 ..." >&2; exit 1; }
	@$(PYTHON) -c 'import ensurepip, venv' 2>/dev/null || { \
	  echo "This Python cannot make virtual environments: apt-get install python3-venv" >&2; exit 1; }
	@echo "Preparing .venv (once; a minute or two) ..."
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	@sed -n '/^uv==/,/# via/p' requirements.lock > $(VENV)/uv.lock.txt
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r $(VENV)/uv.lock.txt
	@# uv is quick but does not read pip's configuration (a company's mirror, say): then pip does it all.
	@VIRTUAL_ENV=$(VENV) $(BIN)/uv pip install --quiet --compile-bytecode --require-hashes -r requirements.lock \
	  || $(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements.lock
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation --editable .
	@touch $@

demo: $(READY) ## the whole product on a simulated GitHub and a simulated model; stop it with Ctrl-C
	@exec $(BIN)/prflow demo

up: $(READY) ## the real thing: GITHUB_TOKEN=... GROQ_API_KEY=... make up [ORG=owner]
	@exec $(BIN)/prflow up $(ORG)

test: $(READY) ## all tests but those of `make test-long`
	POLARS_MAX_THREADS=1 $(BIN)/python -m pytest $(WORKERS) -m "not long"

test-long: $(READY) ## stories of the complete product that take minutes: every command, killed children, attacks on a demo
	POLARS_MAX_THREADS=1 $(BIN)/python -m pytest $(WORKERS) -m long

test-fast: $(READY) ## the tests that take no browser, server or other process
	POLARS_MAX_THREADS=1 $(BIN)/python -m pytest $(WORKERS) -m "not slow and not long"

check: $(READY) ## ruff, mypy strict, import contracts, generated documents
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/python -m docs.generate --check

fix: $(READY) ## let ruff fix what it can
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

docs: $(READY) ## write the generated documents
	$(BIN)/python -m docs.generate

audit: $(READY) ## known vulnerabilities in the locked packages; needs the network
	@$(BIN)/python -c 'import urllib.request as u; u.urlopen("https://osv.dev", timeout=10)' 2>/dev/null \
	  || { echo "No network: the audit was skipped."; exit 0; }; \
	  $(BIN)/pip-audit --disable-pip --require-hashes --vulnerability-service osv --progress-spinner off -r requirements.lock

bench: $(READY) ## the benchmarks: speed and memory, as ratios within one run
	$(BIN)/python -m benchmarks.ingest

lock: $(READY) ## resolve the dependencies again
	$(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-emit-index-url --extra dev \
	  --custom-compile-command "make lock" pyproject.toml -o requirements.lock
	$(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-emit-index-url \
	  --extra image --constraint requirements.lock --custom-compile-command "make lock" pyproject.toml -o deploy/requirements.lock

clean: ## remove .venv, all state and all caches
	rm -rf $(VENV) .prflow .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
