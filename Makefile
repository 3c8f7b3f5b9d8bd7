# Two commands: `make demo` does the whole job on a real figure, `make test` checks everything.
SHELL := /bin/bash
VENV := .venv
PY := $(VENV)/bin/python
STAMP := $(VENV)/.installed

.PHONY: demo test lint types pytest setup bench clean help

help:
	@echo "make demo   set up, decode the example figure, write demo-output/, show it in napari"
	@echo "make test   set up, then ruff, mypy and pytest (with the real viewer, under Xvfb if need be)"
	@echo "make bench  print the speed, accuracy and reduction tables"

setup: $(STAMP)

# A stamp, not the folder: a failed install leaves a half-made folder behind.
$(STAMP): pyproject.toml scripts/setup.sh
	bash scripts/setup.sh $(VENV)
	touch $@

demo: $(STAMP)
	$(PY) -m napari_image2data demo -o demo-output

lint: $(STAMP)
	$(PY) -m ruff check .
	$(PY) -m ruff format --check .

types: $(STAMP)
	$(PY) -m mypy

pytest: $(STAMP)
	bash scripts/with_display.sh $(PY) -m pytest

test: lint types pytest

bench: $(STAMP)
	$(PY) -m benchmarks

clean:
	rm -rf $(VENV) demo-output dist
