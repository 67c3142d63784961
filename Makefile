# make demo   solve a real example on several boards and allocate it in the simulator
# make test   everything that is tested in minutes
# Everything lives in .venv/; a fresh Debian machine needs python3, python3-venv and make.

PYTHON ?= python3
VENV   := .venv
BIN    := $(VENV)/bin
JOBS   ?= $(shell nproc)

.DEFAULT_GOAL := help
.PHONY: help venv demo test test-long test-kernel lint types contracts check coverage bench clean

help:  ## say what there is to make
	@sed -n 's/^\([a-z-]*\):.*## /  make \1\t/p' $(MAKEFILE_LIST) | expand -t 20

venv: $(VENV)/.installed-test  ## create .venv/ with heapwright and what its tests need

$(VENV)/bin/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "heapwright needs Python 3.11 or newer")'
	@$(PYTHON) -m venv $(VENV) || { rm -rf $(VENV); echo "python3-venv is missing: apt-get install python3-venv" >&2; exit 1; }

$(VENV)/.installed-test: pyproject.toml | $(VENV)/bin/python
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -e '.[test]'
	@touch $@

$(VENV)/.installed-dev: $(VENV)/.installed-test
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -e '.[test,dev]'
	@touch $@

$(VENV)/.installed-bench: $(VENV)/.installed-test
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -e '.[test,bench]'
	@touch $@

$(VENV)/.installed-kernel: $(VENV)/.installed-test
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -e '.[test,kernel]'
	@touch $@

demo: venv  ## solve a real example on several boards, and allocate it in the simulator
	$(BIN)/solve examples/record-and-preview.yaml -p acme-one --allocate simulated
	@echo
	@echo "The same file, unchanged, on every board (an infeasible board is an answer):"
	@$(BIN)/solve examples/composition.yaml -p all; status=$$?; test $$status -le 1

# Lines of solver and allocator are counted where these are tested piece by piece, and by the examples on every board:
# counting takes twice as long and more, and the other tests run through hardly a line more.
PYTEST  := $(BIN)/python -m pytest -n $(JOBS) --dist worksteal
COUNTED := $(addprefix tests/unit/,allocator constraints solver platforms/checks) \
           $(filter-out %/test_verify.py %/test_benchmarks.py,$(wildcard tests/unit/test_*.py)) tests/peers tests/golden

test: venv  ## run the tests (about 6 minutes on 2 cores)
	$(PYTEST) -m 'not long' $(COUNTED) --cov --cov-report=term:skip-covered
	$(PYTEST) -m 'not long' $(addprefix --ignore=,$(COUNTED))

test-long: venv  ## run the long searches
	$(PYTEST) -m long

test-kernel: $(VENV)/.installed-kernel  ## ask two real kernels, in machines of their own (builds one the first time)
	$(BIN)/python -m tests.kernel

lint: $(VENV)/.installed-dev  ## ruff: format and lint
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .

types: $(VENV)/.installed-dev  ## mypy --strict
	$(BIN)/mypy

contracts: $(VENV)/.installed-dev  ## who may import whom
	$(BIN)/lint-imports

check: lint types contracts  ## lint, types and import contracts

bench: $(VENV)/.installed-bench  ## measure against the rivals, print a table and write JSON
	$(BIN)/python -m benchmarks

clean:  ## remove what make created
	rm -rf $(VENV) .pytest_cache .mypy_cache .ruff_cache .hypothesis .coverage* dist build
