# Two commands for newcomers: `make demo` and `make test`. Both set themselves up.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
VENV2 := .venv-airflow2
BIN2 := $(VENV2)/bin
VENV_LOWEST := .venv-lowest
BIN_LOWEST := $(VENV_LOWEST)/bin
VENV_STORES := .venv-stores
BIN_STORES := $(VENV_STORES)/bin
# AIRFLOW=2.11 has `make test-warehouses` run on that one.
AIRFLOW :=
VENV_WAREHOUSES := .venv-warehouses$(AIRFLOW:%=-%)
BIN_WAREHOUSES := $(VENV_WAREHOUSES)/bin
VENV_READERS := .venv-readers
BIN_READERS := $(VENV_READERS)/bin
VENV_UI := .venv-ui
BIN_UI := $(VENV_UI)/bin
VENV_RIG := .venv-rig
BIN_RIG := $(VENV_RIG)/bin
VENV_BENCH := .venv-bench
# Tests start many processes, and Airflow starts in half the time if Python may keep what it has compiled.
unexport PYTHONDONTWRITEBYTECODE
# In the order of tests/conftest.py.
PYTEST := pytest --numprocesses 2 --dist loadfile --no-loadscope-reorder
# One stamp a set of requirements: the environment is made anew when they change.
READY := $(VENV)/ready
READY2 := $(VENV2)/ready
READY_LOWEST := $(VENV_LOWEST)/ready
READY_STORES := $(VENV_STORES)/ready
READY_WAREHOUSES := $(VENV_WAREHOUSES)/ready
READY_READERS := $(VENV_READERS)/ready
READY_UI := $(VENV_UI)/ready
READY_RIG := $(VENV_RIG)/ready
READY_BENCH := $(VENV_BENCH)/ready
# Flags of `make bench`, such as BENCH="--all --stores --rivals", and the environments that they need.
BENCH :=
BENCH_RUNS_IN := $(if $(findstring --stores,$(BENCH)),$(VENV_STORES),$(VENV))
BENCH_NEEDS := $(BENCH_RUNS_IN)/ready $(if $(findstring --rivals,$(BENCH)),$(READY_BENCH))

.PHONY: demo test test-long test-protocol test-kill test-stores test-warehouses test-readers readers-table test-scheduler test-airflow2 test-lowest test-matrix test-rig test-ui screenshots bench docs house lint types unit format clean

demo: $(READY) ## three daily windows through real Airflow, from an emulated Zendesk
	$(BIN)/python -m tests.system.demo

test: lint types unit ## everything a change must pass

test-long: $(READY) ## the property tests with 2000 examples each
	$(BIN)/python -m $(PYTEST) --hypothesis-profile=long --show-capture=no -m hypothesis

test-protocol: $(READY) ## every interleaving of two attempts, a crash and a retry
	ZENDESK_EXPLORE_ALL=1 $(BIN)/python -m pytest tests/protocol

test-kill: $(READY) $(READY_STORES) ## kill an export at every storage operation and every page, on local files and on S3
	ZENDESK_KILL_ALL=1 $(BIN)/python -m pytest tests/kill
	ZENDESK_KILL_ALL=1 ZENDESK_STORES=1 $(BIN_STORES)/python -m pytest --numprocesses 2 tests/stores/test_kill.py

test-stores: $(READY_STORES) ## what the protocol needs of a store, on S3, Google Cloud Storage and Azure; needs npm
	ZENDESK_STORES=1 $(BIN_STORES)/python -m $(PYTEST) tests/stores

test-warehouses: $(READY_WAREHOUSES) ## the examples that load a warehouse, into stand-ins of them; ONLY=redshift for one, AIRFLOW=2.11
	ZENDESK_WAREHOUSES=1 $(BIN_WAREHOUSES)/python -m pytest --numprocesses 2 tests/warehouses $(if $(ONLY),-k $(ONLY))

test-readers: $(READY_READERS) ## DuckDB, polars, pyarrow, pandas and Spark read every format, SQL in Spark; Spark needs Java
	ZENDESK_READERS=1 $(BIN_READERS)/python -m pytest tests/readers tests/sql

readers-table: $(READY_READERS) ## which readers read which formats, docs/formats_readers.inc; needs Java
	$(BIN_READERS)/python -m tests.readers

test-scheduler: $(READY) ## kill a task under a real scheduler
	ZENDESK_SCHEDULER=1 $(BIN)/python -m pytest tests/system/test_scheduler.py

test-airflow2: $(READY2) ## all tests on Airflow 2.11
	$(BIN2)/python -m $(PYTEST)

test-lowest: $(READY_LOWEST) ## all tests with the lowest versions that pyproject.toml allows
	$(BIN_LOWEST)/python -m $(PYTEST)

test-matrix: $(READY) ## Airflow 2.11 to 3.3 and Python 3.11 to 3.13, each with the libraries of its day; ROWS="3.1 py3.13" for some
	tests/matrix.sh $(ROWS)

test-ui: $(READY_UI) ## the connection form, its test and the pages of a task in a browser
	tests/debian.sh chromium
	ZENDESK_UI=1 $(BIN_UI)/python -m pytest tests/ui

screenshots: $(READY_UI) ## the same, and writes the pictures of the documentation
	tests/debian.sh chromium
	ZENDESK_UI=1 ZENDESK_SCREENSHOTS=1 $(BIN_UI)/python -m pytest tests/ui

test-rig: $(READY_RIG) ## CeleryExecutor, PostgreSQL, Redis, S3: a backfill, and who runs tasks is killed; ONLY=backfill for one
	tests/debian.sh redis-server postgresql
	ZENDESK_RIG=1 $(BIN_RIG)/python -m pytest tests/rig $(if $(ONLY),-k $(ONLY))

bench: $(BENCH_NEEDS) ## measure the package; BENCH=--help lists the flags
	$(BENCH_RUNS_IN)/bin/python -m tests.benchmarks $(BENCH)

docs: $(READY) ## the documentation, in docs/_build
	$(BIN)/python -m sphinx --fail-on-warning --quiet --builder html docs docs/_build

house: $(READY) ## the drawing of the package, docs/images/house.svg
	$(BIN)/python docs/house.py

lint: $(READY)
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

types: $(READY)
	$(BIN)/mypy

unit: $(READY)
	$(BIN)/python -m $(PYTEST)

format: $(READY) ## put the code in order
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

$(READY): pyproject.toml
	$(PYTHON) -c 'import sys; sys.exit("Python 3.11 or later is needed; set PYTHON=") if sys.version_info < (3, 11) else None'
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet uv
	$(BIN)/uv pip install --quiet --python $(BIN)/python --editable '.[emulator]' --group dev
	touch $@

$(READY2): $(READY)
	$(BIN)/uv venv --quiet --clear --python $(BIN)/python $(VENV2)
	$(BIN)/uv pip install --quiet --python $(BIN2)/python --editable '.[emulator]' --group dev 'apache-airflow==2.11.*'
	touch $@

$(READY_LOWEST): $(READY)
	$(BIN)/uv venv --quiet --clear --python $(BIN)/python $(VENV_LOWEST)
# Airflow 2.11.0 does not work with universal-pathlib 0.3, which its constraints exclude and its requirements allow.
	$(BIN)/uv pip install --quiet --python $(BIN_LOWEST)/python --resolution lowest-direct --editable '.[emulator]' --group dev \
		'universal-pathlib<0.3'
	touch $@

$(READY_STORES): $(READY)
	$(BIN)/uv venv --quiet --clear --python $(BIN)/python $(VENV_STORES)
	$(BIN)/uv pip install --quiet --python $(BIN_STORES)/python --editable '.[emulator]' --group dev --group stores
	npm install --silent --no-audit --no-fund --prefix $(VENV_STORES) azurite@3
	touch $@

$(READY_WAREHOUSES): $(READY)
	$(BIN)/uv venv --quiet --clear --python $(BIN)/python $(VENV_WAREHOUSES)
	$(BIN)/uv pip install --quiet --python $(BIN_WAREHOUSES)/python --editable '.[emulator]' --group dev --group warehouses \
		$(AIRFLOW:%='apache-airflow==%.*')
	touch $@

$(READY_READERS): $(READY)
	$(BIN)/uv venv --quiet --clear --python $(BIN)/python $(VENV_READERS)
	$(BIN)/uv pip install --quiet --python $(BIN_READERS)/python --editable '.[emulator]' --group dev --group readers
	touch $@

$(READY_UI): $(READY)
	$(BIN)/uv venv --quiet --clear --python $(BIN)/python $(VENV_UI)
	$(BIN)/uv pip install --quiet --python $(BIN_UI)/python --editable '.[emulator]' --group dev --group ui
	touch $@

$(READY_RIG): $(READY)
	$(BIN)/uv venv --quiet --clear --python $(BIN)/python $(VENV_RIG)
	$(BIN)/uv pip install --quiet --python $(BIN_RIG)/python --editable '.[emulator]' --group dev --group rig
	touch $@

$(READY_BENCH): $(READY)
	$(BIN)/uv venv --quiet --clear --python $(BIN)/python $(VENV_BENCH)
	$(BIN)/uv pip install --quiet --python $(VENV_BENCH)/bin/python --group bench
	touch $@

clean: ## remove all that the commands above made
	rm -rf $(VENV) $(VENV2) $(VENV_LOWEST) $(VENV_STORES) .venv-warehouses* $(VENV_READERS) $(VENV_BENCH) $(VENV_UI) $(VENV_RIG) .venv-matrix docs/_build .demo .mypy_cache .ruff_cache .pytest_cache .hypothesis
