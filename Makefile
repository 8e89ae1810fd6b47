# make demo   render a short game, analyse it, score it against its truth
# make test   format and lint check, types, tests and doctests
# make env    only the environment

PYTHON ?= python3
VENV ?= .venv
BIN := $(VENV)/bin
DEMO := videos/demo

.PHONY: demo test env check lint types tests clean

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

tests:
	$(BIN)/python -m pytest -n 2

env: $(VENV)/ready

$(VENV)/bin/python:
	$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "courtside needs Python 3.11 or newer: make PYTHON=python3.11 ...")'
	$(PYTHON) -m venv $(VENV) || { rm -rf $(VENV); echo "No virtual environment could be made; on Debian: apt install python3-venv"; exit 1; }
	$(BIN)/pip install --quiet --upgrade pip

$(VENV)/ready: $(VENV)/bin/python pyproject.toml
	PYTHONWARNINGS=ignore $(BIN)/pip install --quiet --editable .
	$(CV2_WITHOUT_WINDOWS)
	touch $@

$(VENV)/ready-dev: $(VENV)/bin/python pyproject.toml
	PYTHONWARNINGS=ignore $(BIN)/pip install --quiet --editable '.[dev]'
	$(CV2_WITHOUT_WINDOWS)
	touch $@ $(VENV)/ready

# opencv-python draws windows, for which a bare machine lacks libraries; the headless build is the same without them.
CV2_WITHOUT_WINDOWS = @$(BIN)/python -c 'import cv2' 2>/dev/null || { \
	$(BIN)/pip uninstall --quiet --yes opencv-python && $(BIN)/pip install --quiet --force-reinstall --no-deps opencv-python-headless; }

clean:
	rm -rf $(VENV) .mypy_cache .ruff_cache .pytest_cache
