# make demo: documents in 13 languages -> data set -> fine-tuned model -> report.   make test: lint, types, tests.   make fix: tidy the code.
PYTHON ?= python3
BIN := .venv/bin

.PHONY: demo test fix

demo: .venv/installed
	PATH="$(CURDIR)/$(BIN):$$PATH" bash demo.sh

test: .venv/installed
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/python -m pytest

fix: .venv/installed
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

# torch first and alone: the pinned version is then never exchanged for another build by a package that needs it.
.venv/installed: pyproject.toml constraints.txt
	$(PYTHON) -m venv .venv
	$(BIN)/pip install --quiet --constraint constraints.txt torch
	$(BIN)/pip install --quiet --constraint constraints.txt --editable '.[train,dev]'
	touch $@
