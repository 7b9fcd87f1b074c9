# make demo     the samples, validated            make lint      style and types
# make test     the whole test suite              make samples   writes claims_samples/ anew
# make bench    time and memory on a large batch  make docs      writes the pages under docs/ anew
# make clean    forgets the environment
#
# Each of them sets up what it needs in .venv: with uv where it is installed, else with Python's own venv and pip.

VENV   ?= .venv
PYTHON ?=
BIN    := $(VENV)/bin

# The first Python of 3.11 or newer; one that was named with PYTHON=... goes first.
define SET_UP_VENV
set -e; \
if [ -x "$(BIN)/python" ] && "$(BIN)/python" -c 'import sys; sys.exit(sys.version_info < (3, 11))'; then exit 0; fi; \
if [ -z "$(PYTHON)" ] && command -v uv >/dev/null 2>&1 && uv venv --quiet --allow-existing --python '>=3.11' "$(VENV)"; then exit 0; fi; \
for python in $(PYTHON) python3.13 python3.12 python3.11 python3 python python3.14; do \
    if "$$python" -c 'import sys; sys.exit(sys.version_info < (3, 11))' >/dev/null 2>&1; then \
        echo "Setting up in $(VENV) with $$("$$python" --version). This happens once."; \
        exec "$$python" -m venv "$(VENV)"; \
    fi; \
done; \
echo "cleanclaim needs Python 3.11 or newer, and this machine has $$(python3 --version 2>/dev/null || echo none)." >&2; \
echo "Install one from https://www.python.org/downloads/, or name the one to use: make PYTHON=/path/to/python3.12 demo" >&2; \
exit 1
endef

# $(1) is what to install. pip first, as it is what the machine's package settings are written for.
define INSTALL
set -e; \
if ! "$(BIN)/python" -m pip --version >/dev/null 2>&1; then \
    if command -v uv >/dev/null 2>&1; then exec uv pip install --quiet --python "$(BIN)/python" --editable "$(1)"; fi; \
    "$(BIN)/python" -m ensurepip >/dev/null; \
fi; \
exec "$(BIN)/python" -m pip install --quiet --disable-pip-version-check --editable "$(1)"
endef

.PHONY: demo test bench lint docs samples clean

demo: $(VENV)/.stamp-core
	@$(BIN)/cleanclaim demo

test: $(VENV)/.stamp-dev
	$(BIN)/python -m pytest --numprocesses auto --maxprocesses 4 $(ARGS)

bench: $(VENV)/.stamp-dev
	$(BIN)/python benchmarks/bench.py $(ARGS)

lint: $(VENV)/.stamp-dev
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

docs: $(VENV)/.stamp-core
	$(BIN)/python docs/generate.py $(ARGS)

samples: $(VENV)/.stamp-core
	$(BIN)/python claims_samples/generate.py $(ARGS)

clean:
	rm -rf $(VENV) build dist .mypy_cache .pytest_cache .ruff_cache .hypothesis

$(VENV)/.stamp-core: pyproject.toml
	@$(SET_UP_VENV)
	@$(call INSTALL,.)
	@touch $@

$(VENV)/.stamp-dev: pyproject.toml
	@$(SET_UP_VENV)
	@$(call INSTALL,.[dev])
	@touch $@ $(VENV)/.stamp-core
