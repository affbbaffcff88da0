# Agent Ledger. `make` lists what there is to make. Written for GNU make 3.81 (macOS) and later.
# Only relative paths: the folder's own name may hold spaces.

SHELL := /bin/sh
PYTHON ?= $(shell command -v python3.11 || command -v python3)
PORT ?= 8501
VENV := .venv
PY := $(VENV)/bin/python
OURS = $(wildcard app.py collectors sql metrics dashboard delivery benchmarks)

# The stamps carry a checksum of the requirements, so packages are installed again only when the requirements change.
RUN_STAMP := $(VENV)/.run-$(shell cat requirements.txt | cksum | cut -d ' ' -f 1)
DEV_STAMP := $(VENV)/.dev-$(shell cat requirements.txt requirements-dev.txt | cksum | cut -d ' ' -f 1)
PIP_INSTALL := $(PY) -m pip install --quiet --disable-pip-version-check

.DEFAULT_GOAL := help
.PHONY: help run test proof check format bench docs year

help: ## List the targets
	@sed -n 's/^\([a-z]*\):.*## \(.*\)/  make \1|\2/p' Makefile | awk -F '|' '{ printf "%-14s %s\n", $$1, $$2 }'

run: $(RUN_STAMP) ## Collect from AWS, or from the demo account without credentials, and serve the dashboard on PORT (8501)
	@mode=$$($(PY) -m collectors mode) || exit $$?; \
	demo=; if [ "$$mode" = demo ]; then demo=--demo; fi; \
	$(PY) -m collectors run $$demo; code=$$?; \
	if [ $$code -gt 1 ]; then exit $$code; fi; \
	if [ $$code -eq 1 ]; then echo "Not every source could be read; Data health in the app says why. Serving what there is."; fi; \
	$(PY) -m metrics insights --refresh || echo "Insights could not be looked for (see above); the pages try again."; \
	echo "Agent Ledger ($$mode) is at http://localhost:$(PORT)  (Ctrl-C stops it)"; \
	exec $(PY) -m streamlit run app.py --server.port $(PORT) --server.headless true

test: $(DEV_STAMP) check ## Run every test, in Chromium too; installs what that needs
	@CHROMIUM="$$(.ci/chromium)" || exit 1; export CHROMIUM; \
	$(PY) -m pytest -n 2 --dist loadgroup

proof: $(DEV_STAMP) ## Kill the collector two hundred times and compare (some ten minutes)
	@PROOF_KILLS=200 $(PY) -m pytest tests/proof

check: $(DEV_STAMP) ## Check format, lint and types
	@$(PY) -m ruff format --check .
	@$(PY) -m ruff check .
	@$(PY) -m mypy $(OURS)

format: $(DEV_STAMP) ## Format the code and mend what the linter can mend
	@$(PY) -m ruff format .
	@$(PY) -m ruff check --fix .

bench: $(DEV_STAMP) ## Print the benchmark figures of this machine
	@$(PY) -m benchmarks

year: $(DEV_STAMP) ## Live through a year with a clock handed in, and print size, time a pass and memory (some minutes)
	@$(PY) -m benchmarks.year

docs: $(RUN_STAMP) ## Write the generated references: KPIs, tables, sources, IAM policy, the demo's truth
	@$(PY) -m metrics docs
	@$(PY) -m sql docs
	@$(PY) -m collectors iam --write docs/iam.md
	@$(PY) -m collectors sources --write docs/sources.md
	@$(PY) -m collectors truth --write docs

$(PY):
	@if [ -z "$(PYTHON)" ]; then echo "Python 3.11 or later was not found. Install it, or name it: make run PYTHON=/path/to/python3.11"; exit 1; fi
	@"$(PYTHON)" -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
	{ echo "$(PYTHON) is older than Python 3.11. Install Python 3.11, or name it: make run PYTHON=/path/to/python3.11"; exit 1; }
	@echo "Making the Python environment in $(VENV) ..."
	@"$(PYTHON)" -m venv $(VENV) || { rm -rf $(VENV); echo "No environment could be made. On Debian: apt-get install python3-venv"; exit 1; }

$(RUN_STAMP): | $(PY)
	@echo "Installing packages (the first time takes a few minutes) ..."
	@$(PIP_INSTALL) -r requirements.txt
	@rm -f $(VENV)/.run-*; touch $@

$(DEV_STAMP): | $(PY)
	@echo "Installing packages for development (the first time takes a few minutes) ..."
	@$(PIP_INSTALL) -r requirements-dev.txt
	@rm -f $(VENV)/.dev-* $(VENV)/.run-*; touch $@ $(RUN_STAMP)
