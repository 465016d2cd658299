# The targets that people use. `make` without a target lists them.
# `make docs` copies the texts after "##" into docs/cli.md.

## One source (see "Sources"). It may contain blanks and quotes.
SOURCE = auto
## How many users of each source to list. If empty: 150 of a list on GitHub, and all of a file.
TOTAL =
## The site's scheme and host, as in `https://people.example.org`. If empty, no page names a host.
ORIGIN =
## The page sizes to render.
PAGE_SIZES = 10,25,50,100
## The folder for everything that is built.
BUILD = build
## The port of `make serve`. On a Mac, AirPlay uses 5000.
PORT = 5000
## The stack on AWS of `make deploy`, `make rollback` and `make destroy`.
STACK = github-users
## How many deployments `make deploy` leaves in the bucket.
KEEP = 3
## Parameters of `template.yaml` for `make deploy`, as in `ApiCacheEnabled=false`.
PARAMETERS =
## More arguments for `make build-site`, `serve`, `deploy`, `rollback`, `destroy`, `test` or `bench`.
ARGS =
## The Python that creates `.venv`: 3.11 or newer.
PYTHON = python3
## The store of seeded users.
STORE = $(BUILD)/github_users.db
## The directory, the database of the site and the API.
DATABASE = $(BUILD)/directory.db
## The site.
SITE = $(BUILD)/site

# Recipes read these from the environment ("$$SOURCE") exactly as they were typed: neither make nor a
# shell expands or runs their content. $(call typed,NAME) is the value of NAME: unexpanded if it is from
# the command line, expanded if it is a default, such as STORE, which contains $(BUILD). The loop gives
# each variable that value for good. https://www.gnu.org/software/make/manual/html_node/Value-Function.html
NAMES := BUILD STORE DATABASE SITE SOURCE TOTAL ORIGIN PAGE_SIZES PORT STACK KEEP PARAMETERS ARGS PYTHON
PYTHON_IS_NAMED := $(filter command%,$(origin PYTHON))
typed = $(if $(filter command% override,$(origin $(1))),$(value $(1)),$($(1)))
$(foreach name,$(NAMES),$(eval override $(name) := $$(call typed,$(name))))
export $(NAMES)
$(if $(BUILD),,$(error BUILD is empty: it must name a folder))
# Those of the command line that are not in NAMES, such as `source`. The loop changed NAMES' origin.
UNKNOWN := $(foreach name,$(.VARIABLES),$(if $(filter command,$(origin $(name))),$(name)))
$(if $(strip $(UNKNOWN)),$(error unknown variable $(strip $(UNKNOWN)): `make` lists the variables, in capitals))

BIN := .venv/bin
RUN := $(BIN)/python -m generator
# Runs a command with the words of ARGS added.
WITH_ARGS := $(BIN)/python infra/with_args.py
DEPLOY := $(WITH_ARGS) $(BIN)/python -m infra.deploy
# Help needs no more packages than building.
HELP := $(filter -h --help,$(ARGS))
# The SAM CLI of this machine, or else one that is installed into .venv/aws.
SAM := $(if $(shell command -v sam),,.venv/.aws)

.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
# All targets share .venv and $(BUILD), so `make -j4 build-site bundle` runs one after the other.
.NOTPARALLEL:
.PHONY: help install build-site serve bundle deploy rollback destroy test lint lint-aws bench \
  docs clean distclean lock check-python

help: ## 1 s | Show the targets and variables
	@echo "GitHub's users as a static site, with a serverless API that answers from the same database."
	@echo
	@echo "Targets, and how long each takes on two cores:"
	@awk -F ':.*## | [|] ' '/^[a-z-]+:.*## / {printf "  make %-11s %-8s %s\n", $$1, $$2, $$3}' Makefile
	@echo
	@echo "Variables and their values (docs/cli.md explains them):"
	@printf '  %s\n' "SOURCE=$$SOURCE  TOTAL=$$TOTAL  ORIGIN=$$ORIGIN  PAGE_SIZES=$$PAGE_SIZES" \
	  "BUILD=$$BUILD  PORT=$$PORT  PYTHON=$$PYTHON" \
	  "STACK=$$STACK  KEEP=$$KEEP  PARAMETERS=$$PARAMETERS (parameters of template.yaml)" \
	  "ARGS=$$ARGS (further arguments of build-site, serve, deploy, rollback, destroy, test and bench)"
	@echo "Examples: make build-site SOURCE=file:users.csv TOTAL=1000"
	@echo "          make build-site SOURCE='search:location:\"new york\"'"
	@echo "          make build-site SOURCE=org:python ARGS='repo:psf/requests --refresh'"

# Shown if build-site is what was asked for: not for help, nor if another target builds on its way.
NEXT = $(if $(filter 0,$(MAKELEVEL)$(HELP)),echo "Look at it: make serve$$(test "$$BUILD" = build || printf ' BUILD=%s' "$$BUILD")")

# True if there are a site and its directory.
IS_BUILT = test -f "$$SITE/build.json" && test -f "$$DATABASE"

install: .venv/.dev ## 1 min | Install packages for building, testing and linting into .venv

build-site: .venv/.build ## 20 s | Seed, bake, render and check the site in build/ (unchanged: 1 s)
	@case "$$SOURCE" in -*) echo "SOURCE=$$SOURCE is an option, not a source: put options in ARGS" >&2; exit 2;; esac
	@$(WITH_ARGS) $(RUN) build "$$SOURCE" --store="$$STORE" --database="$$DATABASE" --output="$$SITE" \
	  --page-sizes="$$PAGE_SIZES" $${TOTAL:+--total="$$TOTAL"} $${ORIGIN:+--origin="$$ORIGIN"}
	@$(NEXT)

serve: .venv/.build ## 1 s | Serve site and API on http://127.0.0.1:5000; build them if missing
	@$(IS_BUILT) || $(MAKE) --no-print-directory build-site ARGS=
	@$(WITH_ARGS) $(RUN) serve --port="$$PORT" --database="$$DATABASE" --site="$$SITE"

bundle: .venv/.build ## 3 s | Write the bundle for Lambda to build/bundle, and print its size
	@test -f "$$DATABASE" || $(MAKE) --no-print-directory build-site
	@$(BIN)/python -m infra.bundle --database="$$DATABASE" -- "$$BUILD/bundle"

# What can be refused at once is refused before the other packages are installed.
deploy: .venv/.build ## minutes | Deploy the site and the API together to AWS, as the stack STACK
ifdef HELP
	@$(DEPLOY) deploy
else
	@$(BIN)/python -m infra.stack_name "$$STACK"
	@$(IS_BUILT) || $(MAKE) --no-print-directory build-site ARGS=
	@$(DEPLOY) deploy --check --stack="$$STACK" --site="$$SITE" --keep="$$KEEP" \
	  --parameters="$$PARAMETERS"
	@$(MAKE) --no-print-directory --silent .venv/.deploy $(SAM)
	@$(DEPLOY) deploy --stack="$$STACK" --site="$$SITE" --database="$$DATABASE" \
	  --keep="$$KEEP" --parameters="$$PARAMETERS"
endif

rollback: $(if $(HELP),.venv/.build,.venv/.deploy $(SAM)) ## minutes | Return to the previous deployment (ARGS=--list shows all)
	@$(DEPLOY) rollback --stack="$$STACK"

destroy: $(if $(HELP),.venv/.build,.venv/.deploy) ## minutes | Delete the stack and its bucket, after a confirmation
	@$(DEPLOY) destroy --stack="$$STACK"

test: .venv/.dev ## 4 min | Run all tests, or those that ARGS names (ARGS="-m 'not slow'": 50 s)
	@$(WITH_ARGS) $(BIN)/python -m pytest

lint: .venv/.dev ## 10 s | Check style, types, formatting and the AWS template
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/mypy
	@$(BIN)/cfn-lint template.yaml

# --skip-download: checkov's rules are in its package; it sends no request.
lint-aws: .venv/.lint ## 10 s | Check the workflows, the Dockerfile and the security of the AWS template
	@.venv/lint/bin/actionlint
	@.venv/lint/bin/zizmor --quiet --offline .github/workflows
	@.venv/lint/bin/hadolint infra/Dockerfile
	@.venv/lint/bin/checkov --file template.yaml --framework cloudformation --skip-download --compact --quiet
	@PATH=".venv/aws/bin:$(BIN):$$PATH"; if command -v sam >/dev/null; \
	  then AWS_DEFAULT_REGION=us-east-1 SAM_CLI_TELEMETRY=0 sam validate --lint; \
	  else echo "Skipped: sam validate --lint, because sam is not installed (\`make lint\` runs its cfn-lint)"; fi

bench: $(if $(HELP),.venv/.build,.venv/.dev) ## 25 min | Compare with limits, plain designs and other programs, as ratios
	@$(WITH_ARGS) $(BIN)/python -m bench

docs: .venv/.build ## 1 s | Write the parts of docs/ that are made from the code
	@$(BIN)/python -m docs.generate

clean: ## 1 s | Remove built files and caches; the store of seeded users stays
	@$(IN_HERE); rm -rf -- "$$BUILD/site" "$$BUILD/bundle" "$$BUILD/changes.json" "$$BUILD/changes.json.part" \
	  "$$BUILD/directory.db" "$$BUILD/directory.db.part" "$$BUILD/directory.db.lock"
	@rm -rf .aws-sam .mypy_cache .pytest_cache .ruff_cache .hypothesis .coverage

distclean: clean ## 1 s | Remove the store and .venv too, for a state like a fresh clone
	@$(IN_HERE); rm -f -- "$$BUILD/github_users"*.db* && { rmdir -- "$$BUILD" 2>/dev/null || true; }
	@rm -rf .venv *.egg-info

# Stops unless BUILD is inside this folder. A missing folder needs no check.
IN_HERE = if test -e "$$BUILD"; then here="$$(pwd -P)"; \
  case "$$(cd -- "$$BUILD" && pwd -P)" in "$$here"/?*) ;; *) \
  echo "BUILD=$$BUILD is not inside this folder: remove it by hand" >&2; exit 1;; esac; fi

lock: ## 1 min | Update the lock files from pyproject.toml (needs uv)
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

# $(call install,PIP,ARGUMENTS): run `PIP install ARGUMENTS`. The last line of pip's own message does
# not say that the network is missing.
install = $(1) install --quiet --disable-pip-version-check --require-hashes $(2) 2>.venv/pip.log || { \
  if grep -q 'connection broken by' .venv/pip.log && \
    grep -qE 'No matching distribution|Max retries exceeded' .venv/pip.log; \
  then echo "The package index cannot be reached, and .venv lacks packages:" \
    "run the same command again with a network (pip's messages are in .venv/pip.log)"; \
  else cat .venv/pip.log; fi >&2; exit 1; }

# If PYTHON is given, it must be the Python that .venv was made with.
WHICH := import os, sys; print(sys.version.split()[0], "in", os.path.realpath(sys.base_prefix))
check-python:
	@test -z "$(PYTHON_IS_NAMED)" || test ! -x $(BIN)/python || { \
	  named="$$("$$PYTHON" -c '$(WHICH)' || echo not a Python)"; actual="$$($(BIN)/python -c '$(WHICH)')"; \
	  test "$$named" = "$$actual" || { echo "PYTHON=$$PYTHON is $$named, but .venv has $$actual:" \
	  "leave PYTHON out, or remove .venv first (make distclean)" >&2; exit 1; }; }

# These files are stamps: a stamp that is older than its lock file means that packages must be
# installed. --require-hashes: pip installs only files whose hash is in the lock file. The editable
# install adds the command `ghdirectory`; its second --quiet hides setuptools' advice on such installs.
.venv/.build: requirements/build.txt pyproject.toml | check-python
	@"$$PYTHON" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null || \
	  { echo "$$PYTHON is missing, or older than Python 3.11; choose another: make PYTHON=python3.12 ..." >&2; exit 1; }
	@"$$PYTHON" -c 'import ensurepip' 2>/dev/null || \
	  { echo "$$PYTHON has no venv module; on Debian and Ubuntu, run: apt-get install python3-venv" >&2; exit 1; }
	@echo "Installing the packages for building into .venv"
	@"$$PYTHON" -m venv .venv
	@$(call install,$(BIN)/python -m pip,--requirement requirements/build.txt)
	@$(BIN)/python -m pip install --quiet --quiet --disable-pip-version-check --no-deps --no-build-isolation \
	  --editable . --config-settings editable_mode=compat
	@touch $@

.venv/.deploy: requirements/deploy.txt .venv/.build
	@echo "Installing the packages for publishing into .venv"
	@$(call install,$(BIN)/python -m pip,--requirement requirements/deploy.txt)
	@touch $@

# SAM CLI needs older packages than the project, so it has its own environment. --no-deps: pip does
# not see that the lock file includes the packages of an extra.
.venv/.aws: requirements/aws.txt .venv/.build
	@echo "Installing SAM CLI, and a local imitation of AWS for tests, into .venv/aws"
	@$(BIN)/python -m venv .venv/aws
	@$(call install,.venv/aws/bin/python -m pip,--no-deps --requirement requirements/aws.txt)
	@touch $@

.venv/.dev: requirements/dev.txt .venv/.build
	@echo "Installing the packages for tests and linters into .venv"
	@$(call install,$(BIN)/python -m pip,--requirement requirements/dev.txt)
	@touch $@

# checkov needs one old version of boto3, so it has its own environment. .venv's pip, whose version is
# locked, installs it.
.venv/.lint: requirements/lint.txt | .venv/.build
	@echo "Installing the linters for workflows, the Dockerfile and the AWS template into .venv/lint"
	@$(BIN)/python -m venv --without-pip .venv/lint
	@$(call install,$(BIN)/python -m pip --python .venv/lint,--requirement requirements/lint.txt)
	@touch $@
