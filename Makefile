# Two commands for newcomers: `make demo` and `make test`. Both set themselves up.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
# One stamp a set of requirements: the environment is made anew when they change.
READY := $(VENV)/ready

.PHONY: demo test test-long lint types unit format clean

demo: $(READY) ## three daily windows through real Airflow, from an emulated Zendesk
	$(BIN)/python -m tests.system.demo

test: lint types unit ## everything a change must pass

test-long: $(READY) ## the property tests with 2000 examples each
	$(BIN)/python -m pytest --hypothesis-profile=long --show-capture=no -k law_of_rows

lint: $(READY)
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

types: $(READY)
	$(BIN)/mypy

unit: $(READY)
	$(BIN)/python -m pytest

format: $(READY) ## put the code in order
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

$(READY): pyproject.toml
	$(PYTHON) -c 'import sys; sys.exit("Python 3.11 or later is needed; set PYTHON=") if sys.version_info < (3, 11) else None'
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet uv
	$(BIN)/uv pip install --quiet --python $(BIN)/python --editable '.[emulator]' --group dev
	touch $@

clean: ## remove all that the commands above made
	rm -rf $(VENV) .demo .mypy_cache .ruff_cache .pytest_cache .hypothesis
