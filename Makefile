# make demo   render a short game, analyse it, score it against its truth
# make test   format and lint check, types, tests and doctests; the strict site is built by a test
# make env    only the environment
# make docs   the site, into site/
# make export-test    the exports, read by floodlight, which needs an environment of its own (.venv-floodlight)
# make check-install   the wheel and an editable install, tried in an empty folder
# make sbom   bill of materials of a release (CycloneDX), into dist/ (needs uv)
# make page   the page of courtside review, from web/ into the package (needs node)
# make check-page   whether the page in the package is the one that web/ gives (needs node)
# make check-pythons   a small game with Python 3.11 to 3.14, as a user without rights, home, or /dev/shm (needs uv)
# make lock   uv.lock anew from pyproject.toml, and constraints.txt from it (needs uv)
#
# With CPU=1 (make env CPU=1) torch comes without the libraries for graphics cards: 4 GB less to fetch and unpack.
# Versions are those of uv.lock where uv is installed, those of constraints.txt where it is not.

PYTHON ?= python3
PYTHONS ?= 3.11 3.12 3.13 3.14
VENV ?= .venv
BIN := $(VENV)/bin
DEMO := videos/demo
UV ?= $(shell command -v uv 2>/dev/null)
CPU ?=
TORCH_FOR_CPU ?= https://download.pytorch.org/whl/cpu

.PHONY: demo test env check lint types docs tests export-test check-install check-pythons page check-page sbom lock clean

demo: $(VENV)/ready
	@test -f $(DEMO)/game.json || $(BIN)/courtside render-game --out $(DEMO) --demo
	$(BIN)/courtside analyze $(DEMO) --out reports/demo
	$(BIN)/courtside evaluate reports/demo --truth $(DEMO)
	@echo
	@echo "Open these:"
	@echo "  reports/demo/report.html        the report"
	@echo "  reports/demo/annotated.mp4      the game with names on it"
	@echo "  reports/demo/player_stats.csv   one row per player"
	@echo "  reports/demo/heatmaps/          where everybody was"

test: $(VENV)/ready-dev
	$(MAKE) --no-print-directory check

check: lint types tests

lint:
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .

types:
	$(BIN)/mypy

docs:
	$(BIN)/mkdocs build --strict

tests:
	$(BIN)/python -m pytest -n 2 --dist worksteal  # neighbours go to one worker, and share what their fixtures make

# floodlight is not among the extras: it wants pandas 2, and the lock has pandas 3.
FLOODLIGHT := $(VENV)-floodlight
export-test: $(VENV)/ready-dev $(FLOODLIGHT)/ready
	FLOODLIGHT_PYTHON=$(FLOODLIGHT)/bin/python $(BIN)/python -m pytest tests/pipeline/present/test_exports_with_readers.py

$(FLOODLIGHT)/ready: tests/pipeline/present/floodlight.txt
	$(PYTHON) -m venv $(FLOODLIGHT)
	$(FLOODLIGHT)/bin/pip install --quiet --requirement tests/pipeline/present/floodlight.txt
	touch $@

check-install:
	$(BIN)/python -m pytest tests/packaging

web/node_modules: web/package-lock.json
	cd web && npm ci
	touch $@

page: web/node_modules
	cd web && npm run check && npm run build

check-page: page
	git diff --exit-code -- pipeline/review/page

check-pythons:
	@test -n "$(UV)" || { echo "make check-pythons needs uv on the path, or make check-pythons UV=..."; exit 1; }
	$(BIN)/python -m tests.packaging.pythons --uv $(UV) $(PYTHONS)

env: $(VENV)/ready

$(VENV)/bin/python:
	$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "courtside needs Python 3.11 or newer: make PYTHON=python3.11 ...")'
	$(MAKE_VENV)

$(VENV)/ready: $(VENV)/bin/python pyproject.toml constraints.txt
	$(call INSTALL,)
	$(CV2_WITHOUT_WINDOWS)
	touch $@

$(VENV)/ready-dev: $(VENV)/bin/python pyproject.toml constraints.txt
	$(call INSTALL,dev)
	$(CV2_WITHOUT_WINDOWS)
	touch $@ $(VENV)/ready

ifeq ($(UV),)
define MAKE_VENV
$(PYTHON) -m venv $(VENV) || { rm -rf $(VENV); echo "No virtual environment could be made; on Debian: apt install python3-venv"; exit 1; }
$(BIN)/pip install --quiet --upgrade pip
endef
INSTALL = $(if $(CPU),$(BIN)/pip install --quiet --index-url $(TORCH_FOR_CPU) torch torchvision && )PYTHONWARNINGS=ignore $(BIN)/pip install --quiet --constraint constraints.txt --editable '.$(if $1,[$1])'
else
MAKE_VENV = $(UV) venv --quiet --seed --python $(PYTHON) $(VENV)
SYNC = UV_PROJECT_ENVIRONMENT=$(abspath $(VENV)) $(UV) sync --quiet --frozen --inexact $(if $1,--extra $1)
SYNC_FOR_CPU = $(UV) pip install --quiet --python $(BIN)/python --torch-backend cpu --constraint constraints.txt --editable '.$(if $1,[$1])'
INSTALL = $(if $(CPU),$(SYNC_FOR_CPU),$(SYNC))
endif

# opencv-python draws windows, for which a bare machine lacks libraries; the headless build is the same without them.
CV2_WITHOUT_WINDOWS = @$(BIN)/python -c 'import cv2' 2>/dev/null || { \
	$(BIN)/pip uninstall --quiet --yes opencv-python && $(BIN)/pip install --quiet --force-reinstall --no-deps opencv-python-headless; }

# torch and what comes with it for a graphics card are left out of constraints.txt: which build is right depends on the machine.
lock:
	@test -n "$(UV)" || { echo "make lock needs uv on the path, or make lock UV=..."; exit 1; }
	$(UV) lock
	{ printf '%s\n' \
	  '# Versions that the tests ran with, for pip; made from uv.lock by `make lock`, never by hand.' \
	  '# Without torch, torchvision, triton, nvidia-* and cuda-*: which build is right depends on the machine (CPU, CUDA),' \
	  '# they are large, and who has one keeps it. uv.lock has them.'; \
	  $(UV) export --quiet --frozen --no-hashes --no-emit-project --all-extras --no-annotate --no-header \
	  | grep -vE '^((torch|torchvision|triton)==|nvidia-|cuda-)'; } > constraints.txt

sbom:
	@test -n "$(UV)" || { echo "make sbom needs uv on the path, or make sbom UV=..."; exit 1; }
	@mkdir -p dist
	$(UV) export --quiet --frozen --preview-features sbom-export --format cyclonedx1.5 --output-file dist/courtside.cdx.json

clean:
	rm -rf $(VENV) $(FLOODLIGHT) build dist site .mypy_cache .ruff_cache .pytest_cache
