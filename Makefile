# `make demo` and `make test` are all that a newcomer needs; each makes its own virtual environment first.
#
#   make demo     the example shop on http://127.0.0.1:8000 (PORT=… for another port)
#   make test     the tests, with branch coverage
#   make wheel    a wheel with the compiled core, installed in .venv-compiled; needs a C compiler
#   make wheels   this wheel, and wheels of all that images and the first hour install, in build/wheels
#   make test-compiled   the tests against an installed wheel, whose core is compiled; needs a C compiler
#   make check    lint, format, types, and the direction of imports
#   make docs     the documentation as a site, in site/; every link, name and program in it is tried
#   make screenshots   the pictures of docs/images, taken of the running programs; needs chromium
#   make first-hour    docs/first-hour.md, carried out command by command
#   make bench    the comparison with other servers; takes half an hour on a quiet machine
#   make goals    only what the goals need, and the page about speed from it, in short rounds
#   make gate     what a request costs, counted, compared with what it cost; Python 3.12 or newer
#   make profile   where its instructions go, counted by valgrind: make profile ARGS="json --compiled"
#   make conformance   FastAPI's and Starlette's own tests, run against Hanok; about six minutes
#   make hardening     many mutated requests, Autobahn's WebSocket cases, restarts under load, idle connections
#   make programs      the example programs in FastAPI's spelling, without FastAPI
#   make format   apply the formatter
#   make clean    remove what these targets made

PYTHON ?= python3
VENV ?= .venv
PORT ?= 8000
# The share of branches that the tests must reach, in percent.
COVERAGE_MIN ?= 95
# Processes that run tests.
JOBS ?= 2
# More arguments for pytest: make test ARGS="-k routing"
ARGS ?=
# More arguments for the benchmark: make bench BENCH="--works json --rounds 1"
BENCH ?=

BIN := $(VENV)/bin
# Stamps say that the packages of pyproject.toml, as it is now, are installed.
RUN_STAMP := $(VENV)/.installed
DEV_STAMP := $(VENV)/.installed-dev

.DEFAULT_GOAL := help
.PHONY: help demo test wheel wheels test-compiled check docs screenshots first-hour bench goals gate profile hardening conformance programs format clean

help:
	@sed -n 's/^#   //p' Makefile

$(BIN)/python:
	$(PYTHON) -m venv $(VENV)
	# Dependency groups (PEP 735) need pip 25.1.
	$(BIN)/python -m pip install --quiet --upgrade "pip>=25.1"

$(RUN_STAMP): pyproject.toml | $(BIN)/python
	$(BIN)/python -m pip install --quiet --editable ".[all]" --group examples
	@touch $@

$(DEV_STAMP): pyproject.toml | $(BIN)/python
	$(BIN)/python -m pip install --quiet --editable ".[all]" --group dev --group programs
	@touch $@ $(RUN_STAMP)

demo: $(RUN_STAMP)
	@echo
	@echo "  The shop:            http://127.0.0.1:$(PORT)/"
	@echo "  Its documentation:   http://127.0.0.1:$(PORT)/docs"
	@echo "  Its code:            examples/shop/"
	@echo "  Stop it with Ctrl-C."
	@echo
	@exec $(BIN)/hanok run examples.shop:app --port $(PORT)

test: $(DEV_STAMP)
	$(BIN)/python -m pytest -n $(JOBS) --dist loadgroup --cov=hanok --cov-branch --cov-report=term:skip-covered \
		--cov-fail-under=$(COVERAGE_MIN) $(ARGS)

# The wheel is made from the sources as they are; nothing in this environment is editable.
COMPILED := .venv-compiled/bin

$(COMPILED)/python:
	$(PYTHON) -m venv .venv-compiled
	$(COMPILED)/python -m pip install --quiet --upgrade "pip>=25.1"

wheel: | $(COMPILED)/python
	$(COMPILED)/python -m conformance.wheels build/wheel --compiled
	# The second one takes the new wheel where one of the same version is installed.
	$(COMPILED)/python -m pip install --quiet "$$(ls build/wheel/*.whl)[all]" --group dev --group programs
	$(COMPILED)/python -m pip install --quiet --no-deps --force-reinstall build/wheel/*.whl

wheels: wheel
	rm -rf build/wheels
	$(COMPILED)/python -m conformance.wheels build/wheels --wheel build/wheel/*.whl \
		--with "hanok[testing]" --with sqlalchemy --with pytest --with setuptools

# HANOK_WHEELS names what `make wheels` has made and installed already.
test-compiled: $(if $(HANOK_WHEELS),,wheel)
	HANOK_EXPECTED_FORM=compiled $(COMPILED)/python -m pytest -n $(JOBS) --dist loadgroup $(ARGS)

check: $(DEV_STAMP)
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

docs: $(DEV_STAMP)
	NO_MKDOCS_2_WARNING=1 $(BIN)/python -m mkdocs build --strict --quiet
	$(BIN)/python -m pytest tests/project -q
	@echo "The site: file://$(CURDIR)/site/index.html"

screenshots: $(DEV_STAMP)
	$(BIN)/python docs/screenshots.py $(ARGS)

first-hour:
	$(PYTHON) -m conformance.first_hour $(ARGS)

bench: $(RUN_STAMP)
	$(BIN)/python -m bench.run $(BENCH)

# The same on another Python and without the compiled core are runs of their own.
goals: $(RUN_STAMP)
	$(BIN)/python -m bench.run --goals
	$(BIN)/python -m bench.databases --goals --force # the load is that of the run before
	$(BIN)/python -m bench.http2 --rounds 5 --seconds 1
	BENCH_PURE=1 $(BIN)/python -m bench.run --goals --force
	BENCH_PYTHON=3.11 $(BIN)/python -m bench.run --goals --force
	$(BIN)/python -m bench.report

gate: $(DEV_STAMP)
	$(BIN)/python -m bench.gate

profile: $(DEV_STAMP)
	$(BIN)/python -m bench.profile $(ARGS)

conformance:
	$(PYTHON) -m conformance $(ARGS)

hardening: $(DEV_STAMP)
	$(BIN)/python -m conformance.differential
	$(BIN)/python -m conformance.fuzz --seconds 20
	$(BIN)/python -m conformance.autobahn 1 2 3 4 5 6 7 9 10 --check
	$(BIN)/python -m conformance.h2load
	$(BIN)/python -m conformance.restarts --quick
	$(BIN)/python -m conformance.idle --only Hanok --check

programs:
	$(PYTHON) -m conformance.programs $(ARGS)

format: $(DEV_STAMP)
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

clean:
	rm -rf .venv .venv-* bench/.env conformance/.env conformance/.env-packages conformance/.env-programs build dist site src/*.egg-info .coverage .coverage.* htmlcov \
		.pytest_cache .mypy_cache .ruff_cache .hypothesis .import_linter_cache
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
