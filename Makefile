# Every verb a person types. `make` alone lists them.
SOURCE = auto
TOTAL = 150
ORIGIN =
PAGE_SIZES = 10,25,50,100
BUILD = build
PORT = 5000
STACK = github-users
KEEP = 3
PARAMETERS =
ARGS =
PYTHON = python3
STORE = $(BUILD)/github_users.db
DATABASE = $(BUILD)/directory.db
SITE = $(BUILD)/site

# Recipes take these from the environment ("$$SOURCE"), where they are as they were typed: neither
# make nor a shell expands or runs what is in them. BUILD comes first, since others name it.
NAMES := BUILD STORE DATABASE SITE SOURCE TOTAL ORIGIN PAGE_SIZES PORT STACK KEEP PARAMETERS ARGS PYTHON
PYTHON_IS_NAMED := $(filter command%,$(origin PYTHON))
typed = $(if $(filter command% override,$(origin $(1))),$(value $(1)),$($(1)))
$(foreach name,$(NAMES),$(eval override $(name) := $$(call typed,$(name))))
export $(NAMES)
$(if $(BUILD),,$(error BUILD= names no folder))

BIN := .venv/bin
RUN := $(BIN)/python -m generator
# Adds ARGS to a command.
WITH_ARGS := $(BIN)/python infra/with_args.py
DEPLOY := $(WITH_ARGS) $(BIN)/python -m infra.deploy
# Installed unless there is one.
SAM := $(if $(shell command -v sam),,.venv/.aws)

.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
# All targets share .venv and $(BUILD), so `make -j4 build-site bundle` makes one after the other.
.NOTPARALLEL:
.PHONY: help install build-site serve bundle deploy rollback destroy test lint lint-aws bench \
  clean distclean lock check-python

help: ## List the targets and variables
	@echo "A directory of GitHub users: a static site and a query function, from one SQLite file."
	@echo
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  make %-11s %s\n", $$1, $$2}' Makefile
	@echo
	@echo "Variables, with their values:"
	@printf '  %s\n' "SOURCE=$$SOURCE  TOTAL=$$TOTAL  ORIGIN=$$ORIGIN  PAGE_SIZES=$$PAGE_SIZES" \
	  "BUILD=$$BUILD  PORT=$$PORT  PYTHON=$$PYTHON" \
	  "STACK=$$STACK  KEEP=$$KEEP  PARAMETERS=$$PARAMETERS (of the stack, as template.yaml has them)" \
	  "ARGS=$$ARGS (more arguments for build-site, deploy, rollback, destroy, test or bench)"
	@echo "Examples: make build-site SOURCE=file:users.csv TOTAL=1000"
	@echo "          make build-site SOURCE='search:location:\"new york\"'"
	@echo "          make build-site SOURCE=org:python ARGS='repo:psf/requests --refresh'"

install: .venv/.dev ## Make .venv with everything in the lock files, tests and linters included

build-site: .venv/.build ## Seed, bake, render and check: the database and every page, in build/
	@case "$$SOURCE" in -*) echo "SOURCE=$$SOURCE is no source: options go in ARGS" >&2; exit 2;; esac
	@$(WITH_ARGS) $(RUN) build "$$SOURCE" --total="$$TOTAL" --store="$$STORE" --database="$$DATABASE" \
	  --output="$$SITE" --page-sizes="$$PAGE_SIZES" $${ORIGIN:+--origin="$$ORIGIN"}

serve: .venv/.build ## Show the site and the API on http://127.0.0.1:5000, building them if need be
	@test -f "$$SITE/build.json" || $(MAKE) --no-print-directory build-site
	@$(RUN) serve --port="$$PORT" --database="$$DATABASE" --site="$$SITE"

bundle: .venv/.build ## Make what Lambda gets, in build/bundle, and say how large it is
	@test -f "$$DATABASE" || $(MAKE) --no-print-directory build-site
	@$(BIN)/python -m infra.bundle --database="$$DATABASE" -- "$$BUILD/bundle"

deploy: .venv/.deploy $(SAM) ## Release the site and the API on AWS as one, in the stack STACK
	@$(BIN)/python -m infra.stack_name "$$STACK"
	@test -f "$$SITE/build.json" || $(MAKE) --no-print-directory build-site ARGS=
	@$(DEPLOY) deploy --stack="$$STACK" --site="$$SITE" --database="$$DATABASE" \
	  --keep="$$KEEP" --parameters="$$PARAMETERS"

rollback: .venv/.deploy $(SAM) ## Go back to the deployment before (ARGS=--list says which there are)
	@$(DEPLOY) rollback --stack="$$STACK"

destroy: .venv/.deploy ## Delete the stack and its bucket with all releases, having asked
	@$(DEPLOY) destroy --stack="$$STACK"

test: .venv/.dev ## Run every test, or those that ARGS names
	@$(WITH_ARGS) $(BIN)/python -m pytest

lint: .venv/.dev ## Check style, types, formatting and the AWS template
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/mypy
	@$(BIN)/cfn-lint template.yaml

# --skip-download: the rules are in the package, and nobody is asked for more.
lint-aws: .venv/.lint ## Check the workflows, and the AWS template for what it lacks, with SAM where it is installed
	@.venv/lint/bin/actionlint
	@.venv/lint/bin/zizmor --quiet --offline .github/workflows
	@.venv/lint/bin/checkov --file template.yaml --framework cloudformation --skip-download --compact --quiet
	@PATH=".venv/aws/bin:$(BIN):$$PATH"; if command -v sam >/dev/null; \
	  then AWS_DEFAULT_REGION=us-east-1 SAM_CLI_TELEMETRY=0 sam validate --lint; \
	  else echo "Left out: sam validate --lint, since there is no sam here (\`make lint\` ran its cfn-lint)"; fi

bench: .venv/.dev ## Measure against limits, plain designs and peers, as ratios in one run
	@$(WITH_ARGS) $(BIN)/python -m bench

clean: ## Remove what was built and every cache; the store with the seeded users stays
	@$(IN_HERE); rm -rf -- "$$BUILD/site" "$$BUILD/bundle" "$$BUILD/directory.db" "$$BUILD/directory.db.part"
	@rm -rf .aws-sam .mypy_cache .pytest_cache .ruff_cache .hypothesis .coverage

distclean: clean ## Remove the store and .venv too: what a fresh clone does not have
	@$(IN_HERE); rm -f -- "$$BUILD/github_users"*.db* && { rmdir -- "$$BUILD" 2>/dev/null || true; }
	@rm -rf .venv *.egg-info

# Nothing is removed elsewhere. A folder that is not there has nothing to remove.
IN_HERE = if test -e "$$BUILD"; then here="$$(pwd -P)"; \
  case "$$(cd -- "$$BUILD" && pwd -P)" in "$$here"/?*) ;; *) \
  echo "BUILD=$$BUILD is not a folder in here: remove it by hand" >&2; exit 1;; esac; fi

lock: ## Write the lock files anew from pyproject.toml (needs uv)
	@command -v uv >/dev/null || { echo "make lock needs uv: python3 -m pip install uv, or see" \
	  "https://docs.astral.sh/uv/getting-started/installation/" >&2; exit 1; }
	uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-header --no-annotate \
	  --fork-strategy fewest --upgrade pyproject.toml --group dev --output-file requirements/dev.txt
	uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-header --no-annotate \
	  --constraint requirements/dev.txt pyproject.toml --group package --output-file requirements/build.txt
	uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-header --no-annotate \
	  --constraint requirements/dev.txt --group function --output-file function/requirements.txt
	uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-header --no-annotate \
	  --constraint requirements/dev.txt --group deploy --output-file requirements/deploy.txt
	uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-header --no-annotate \
	  --constraint requirements/dev.txt --group bench --output-file requirements/bench.txt
	uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-header --no-annotate \
	  --fork-strategy fewest --upgrade --group lint --output-file requirements/lint.txt
	uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-header --no-annotate \
	  --upgrade --group aws --output-file requirements/aws.txt

# $(call install,PIP,WHAT): install WHAT with PIP. Pip's own last line does not say that there is no network.
install = $(1) install --quiet --disable-pip-version-check --require-hashes $(2) 2>.venv/pip.log || { \
  if grep -q 'connection broken by' .venv/pip.log && \
    grep -qE 'No matching distribution|Max retries exceeded' .venv/pip.log; \
  then echo "The package index cannot be reached, and .venv lacks packages:" \
    "run the same command with a network (pip's own words are in .venv/pip.log)"; \
  else cat .venv/pip.log; fi >&2; exit 1; }

# A Python that was named has to be the one that .venv was made with.
WHICH := import os, sys; print(sys.version.split()[0], "in", os.path.realpath(sys.base_prefix))
check-python:
	@test -z "$(PYTHON_IS_NAMED)" || test ! -x $(BIN)/python || { \
	  named="$$("$$PYTHON" -c '$(WHICH)' || echo no Python)"; has="$$($(BIN)/python -c '$(WHICH)')"; \
	  test "$$named" = "$$has" || { echo "PYTHON=$$PYTHON is $$named, and .venv has $$has:" \
	  "leave PYTHON out, or remove .venv first (make distclean)" >&2; exit 1; }; }

# A stamp is newer than what it was made from. --require-hashes: nothing is installed that the
# lock file does not name, byte for byte. The editable install adds the `ghdirectory` command; its
# second --quiet hides setuptools' general advice on such installs.
.venv/.build: requirements/build.txt pyproject.toml | check-python
	@"$$PYTHON" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null || \
	  { echo "$$PYTHON must be Python 3.11 or newer; name another with make PYTHON=python3.12 ..." >&2; exit 1; }
	@"$$PYTHON" -c 'import ensurepip' 2>/dev/null || \
	  { echo "$$PYTHON comes without venv: on Debian and Ubuntu, apt-get install python3-venv" >&2; exit 1; }
	@echo "Installing into .venv what building needs"
	@"$$PYTHON" -m venv .venv
	@$(call install,$(BIN)/python -m pip,--requirement requirements/build.txt)
	@$(BIN)/python -m pip install --quiet --quiet --disable-pip-version-check --no-deps --no-build-isolation \
	  --editable . --config-settings editable_mode=compat
	@touch $@

.venv/.deploy: requirements/deploy.txt .venv/.build
	@echo "Installing into .venv what publishing needs"
	@$(call install,$(BIN)/python -m pip,--requirement requirements/deploy.txt)
	@touch $@

# SAM CLI wants older packages than the project, hence an environment of its own. --no-deps, as pip
# cannot see that the lock file has what an extra asks for.
.venv/.aws: requirements/aws.txt .venv/.build
	@echo "Installing into .venv/aws what deploying calls, and an AWS in miniature to test it on"
	@$(BIN)/python -m venv .venv/aws
	@$(call install,.venv/aws/bin/python -m pip,--no-deps --requirement requirements/aws.txt)
	@touch $@

.venv/.dev: requirements/dev.txt .venv/.build
	@echo "Installing into .venv what tests and linters need"
	@$(call install,$(BIN)/python -m pip,--requirement requirements/dev.txt)
	@touch $@

# In an environment of its own, since checkov wants one old version of boto3. By .venv's pip, which is
# the locked one.
.venv/.lint: requirements/lint.txt | .venv/.build
	@echo "Installing into .venv/lint what checks workflows and the AWS template"
	@$(BIN)/python -m venv --without-pip .venv/lint
	@$(call install,$(BIN)/python -m pip --python .venv/lint,--requirement requirements/lint.txt)
	@touch $@
