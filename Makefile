# Each target is a few commands that a reader can run alone.
PYTHON ?= python3
VENV ?= .venv
BIN = $(VENV)/bin

.PHONY: compare up test test-all lint clean

## run both services, check both, measure both, and write comparison/index.html
compare: $(VENV)/installed
	$(BIN)/compare run

## run the four services, and a page that asks them side by side, until Ctrl-C
up: $(VENV)/installed
	$(BIN)/compare live || [ $$? -eq 130 ]  # as it ends after Ctrl-C

## what a newcomer runs: the contract on the four usual services, and the quick tests of the rest
test: $(VENV)/installed-dev
	$(BIN)/python -m tests

## run every test: the contract on every service and both databases, and all tests of the rest
test-all: $(VENV)/installed-dev
	$(BIN)/python -m tests all

## check style and types
lint: $(VENV)/installed-dev
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy .

## remove what the other targets made
clean:
	rm -rf $(VENV) comparison build *.egg-info .mypy_cache .ruff_cache .pytest_cache .hypothesis

$(VENV)/python-is-new-enough:
	@$(PYTHON) -c "import sys; sys.exit(sys.version_info < (3, 11))" || \
		{ echo "Python 3.11 or newer is needed: make PYTHON=/path/to/python3.12"; exit 1; }
	$(PYTHON) -m venv $(VENV)
	@touch $@

$(VENV)/installed: $(VENV)/python-is-new-enough requirements.lock pyproject.toml
	$(BIN)/python -m pip install --constraint requirements.lock --editable '.[servers]'
	@touch $@

$(VENV)/installed-dev: $(VENV)/installed
	$(BIN)/python -m pip install --constraint requirements.lock --editable '.[servers,load,dev]'
	@touch $@
