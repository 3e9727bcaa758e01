# demo: the main job on the built-in patient    test: the whole test suite
# lint: ruff, mypy, import contract             bench: benchmarks/
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
OUT := out/demo

# installation leaves byte code to the first import, which therefore has to be kept
unexport PYTHONDONTWRITEBYTECODE

.PHONY: demo test lint bench clean
.DELETE_ON_ERROR:

demo: $(VENV)/.package
	$(BIN)/rfplan plan --anatomy reference --technique palisade --side right --out $(OUT)
	@echo "Open $(OUT)/report.html"

test: $(VENV)/.developer
	$(BIN)/python -m pytest -n auto

lint: $(VENV)/.developer
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

bench: $(VENV)/.developer
	$(BIN)/python -m pytest benchmarks

$(VENV)/bin/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
		{ echo "rfplan needs Python 3.11 or newer: make PYTHON=/path/to/python3.11 demo"; exit 2; }
	@$(PYTHON) -m venv $(VENV) || { rm -rf $(VENV); \
		echo "python3 -m venv failed; on Debian and Ubuntu: apt-get install python3-venv"; exit 2; }

$(VENV)/.package: pyproject.toml | $(VENV)/bin/python
	$(BIN)/python -m pip install --quiet --no-compile --disable-pip-version-check --editable .
	@touch $@

$(VENV)/.developer: pyproject.toml | $(VENV)/bin/python
	$(BIN)/python -m pip install --quiet --no-compile --disable-pip-version-check --editable '.[dev]'
	@touch $@ $(VENV)/.package

clean:
	rm -rf $(VENV) out
