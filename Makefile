# Everything a developer runs. `make demo` on a fresh machine needs git, make, Python 3.11+ and a package registry;
# `make test` needs root on Debian as well, or a container engine that answers.

VENV   := .venv
BIN    := $(VENV)/bin
PIP    := $(BIN)/pip --disable-pip-version-check --quiet install
GROUP  ?= core
CYCLES ?= 1000
LDAP   ?=
PROTO  := $(wildcard proto/bridge/*/v1/*.proto)

.PHONY: demo test lint format bench crash soak proto lock engine-stop clean
.DEFAULT_GOAL := demo

ifeq ($(LDAP),1)
demo: $(VENV)/.test ## The main job on embedded defaults, writing to an OpenLDAP server in a container
	PYTHONPATH=. $(BIN)/ecma-bridge demo --ldap
else
demo: $(VENV)/.run ## The main job on embedded defaults
	$(BIN)/ecma-bridge demo
endif

test: lint ## Lint, then every test; a service that cannot be started is a failure
	$(BIN)/python -m pytest --require-services $(ARGS)

lint: $(VENV)/.test
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

format: $(VENV)/.test
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

bench: $(VENV)/.test ## Figures of one group: make bench GROUP=core
	$(BIN)/python -m tests.bench --group $(GROUP)

crash: $(VENV)/.test ## Kill the service at random points: make crash CYCLES=1000
	$(BIN)/python -m tests.crash.run --cycles $(CYCLES)

soak: $(VENV)/.test ## Load, faults and restarts for hours
	$(BIN)/python -m tests.crash.soak

proto: $(VENV)/.test ## Regenerate bridge/api from proto/
	$(BIN)/python scripts/generate_api.py

lock: ## Resolve requirements/*.txt anew (needs uv)
	scripts/lock

engine-stop: $(VENV)/.test ## Stop the private container engine, if one was left running
	$(BIN)/python -m tests.support.engine stop

clean:
	rm -rf $(VENV) build dist .pytest_cache .mypy_cache .ruff_cache .hypothesis .import_linter_cache *.egg-info .demo
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

$(BIN)/python:
	scripts/venv $(VENV)

# The project goes in last and alone: what it needs is there already, checked by hash.
$(VENV)/.run: requirements/run.txt pyproject.toml | $(BIN)/python
	$(PIP) --require-hashes -r requirements/run.txt
	$(PIP) --no-deps --no-build-isolation --editable .
	@touch $@

$(VENV)/.test: requirements/test.txt pyproject.toml | $(BIN)/python
	$(PIP) --require-hashes -r requirements/test.txt
	$(PIP) --no-deps --no-build-isolation --editable .
	@touch $@ $(VENV)/.run
