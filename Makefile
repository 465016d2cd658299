# Every verb a person types. `make` alone lists them.
TOTAL = 150
SOURCE = auto
PORT = 5000
PAGE_SIZES = 10,25,50,100
BUILD = build
STACK = github-users
KEEP = 3
PARAMETERS =
ARGS =
PYTHON = python3

BIN := .venv/bin
RUN := $(BIN)/python -m generator
STORE = $(BUILD)/github_users.db
DATABASE = $(BUILD)/directory.db
SITE = $(BUILD)/site
DEPLOY := $(BIN)/python -m infra.deploy
# Installed unless there is one.
SAM := $(if $(shell command -v sam),,.venv/.aws)
PIP := $(BIN)/python -m pip install --quiet --disable-pip-version-check

.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
.PHONY: help install build-site serve bundle deploy rollback destroy test lint lint-aws bench clean lock

help: ## List the targets and variables
	@echo "A directory of GitHub users: a static site and a query function, from one SQLite file."
	@echo
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  make %-11s %s\n", $$1, $$2}' Makefile
	@echo
	@echo "Variables, with their defaults:"
	@echo "  TOTAL=$(TOTAL)  SOURCE=$(SOURCE)  PORT=$(PORT)  PAGE_SIZES=$(PAGE_SIZES)  BUILD=$(BUILD)  PYTHON=$(PYTHON)"
	@echo "  STACK=$(STACK)  KEEP=$(KEEP)  PARAMETERS= (of the stack, as template.yaml has them)"
	@echo "  ARGS= (more arguments for \`python -m generator build\`, for deploy, rollback, destroy, or the bench)"
	@echo "Examples: make build-site SOURCE=file:users.csv TOTAL=1000"
	@echo "          make build-site SOURCE=org:python ARGS='repo:psf/requests --refresh'"

install: .venv/.dev ## Make .venv with everything in the lock files, tests and linters included

build-site: .venv/.build ## Seed, bake, render and check: the database and every page, in $(BUILD)
	@$(RUN) build "$(SOURCE)" --total "$(TOTAL)" --store "$(STORE)" --database "$(DATABASE)" \
	  --output "$(SITE)" --page-sizes "$(PAGE_SIZES)" $(ARGS)

serve: .venv/.build ## Show the site and the API on http://127.0.0.1:$(PORT), building them if need be
	@test -f "$(SITE)/build.json" || $(MAKE) --no-print-directory build-site
	@$(RUN) serve --port "$(PORT)" --database "$(DATABASE)" --site "$(SITE)"

bundle: .venv/.build ## Make what Lambda gets, in $(BUILD)/bundle, and say how large it is
	@test -f "$(DATABASE)" || $(MAKE) --no-print-directory build-site
	@$(BIN)/python -m infra.bundle "$(BUILD)/bundle" --database "$(DATABASE)"

deploy: .venv/.deploy $(SAM) ## Release the site and the API on AWS as one, in the stack $(STACK)
	@test -f "$(SITE)/build.json" || $(MAKE) --no-print-directory build-site
	@$(DEPLOY) deploy --stack "$(STACK)" --site "$(SITE)" --database "$(DATABASE)" \
	  --keep "$(KEEP)" --parameters "$(PARAMETERS)" $(ARGS)

rollback: .venv/.deploy $(SAM) ## Go back to the deployment before (ARGS=--list says which there are)
	@$(DEPLOY) rollback --stack "$(STACK)" $(ARGS)

destroy: .venv/.deploy ## Delete the stack and its bucket with all releases, having asked
	@$(DEPLOY) destroy --stack "$(STACK)" $(ARGS)

test: .venv/.dev ## Run every test
	@$(BIN)/python -m pytest

lint: .venv/.dev ## Check style, types, formatting and the AWS template
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/mypy
	@$(BIN)/cfn-lint template.yaml

# --skip-download: the rules are in the package, and nobody is asked for more.
lint-aws: .venv/.lint ## Check the workflows, and the AWS template for what it lacks, with SAM where it is installed
	@.venv/lint/bin/actionlint
	@.venv/lint/bin/checkov --file template.yaml --framework cloudformation --skip-download --compact --quiet
	@PATH=".venv/aws/bin:$(BIN):$$PATH"; if command -v sam >/dev/null; \
	  then AWS_DEFAULT_REGION=us-east-1 SAM_CLI_TELEMETRY=0 sam validate --lint; \
	  else echo "Left out: sam validate --lint, since there is no sam here (\`make lint\` ran its cfn-lint)"; fi

bench: .venv/.dev ## Measure against limits, plain designs and peers, as ratios in one run
	@$(BIN)/python -m tests.bench $(ARGS)

clean: ## Remove $(BUILD), with the users gathered there, and the environment
	@case "$(abspath $(BUILD))/" in "$(CURDIR)/"?*) ;; *) \
	  echo "BUILD=$(BUILD) is not a folder in here: remove it by hand" >&2; exit 1;; esac
	rm -rf "$(BUILD)" .venv .mypy_cache .pytest_cache .ruff_cache .hypothesis .coverage *.egg-info

lock: ## Write the lock files anew from pyproject.toml (needs uv)
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

# A stamp is newer than what it was made from. --require-hashes: nothing is installed that the
# lock file does not name, byte for byte. The editable install adds the `ghdirectory` command; its
# second --quiet hides setuptools' general advice on such installs.
.venv/.build: requirements/build.txt pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
	  { echo "$(PYTHON) must be Python 3.11 or newer; name another with make PYTHON=python3.12 ..." >&2; exit 1; }
	@$(PYTHON) -c 'import ensurepip' 2>/dev/null || \
	  { echo "$(PYTHON) comes without venv: on Debian and Ubuntu, apt-get install python3-venv" >&2; exit 1; }
	@echo "Installing into .venv what building needs"
	@$(PYTHON) -m venv .venv
	@$(PIP) --require-hashes --requirement requirements/build.txt
	@$(PIP) --quiet --no-deps --no-build-isolation --editable . --config-settings editable_mode=compat
	@touch $@

.venv/.deploy: requirements/deploy.txt .venv/.build
	@echo "Installing into .venv what publishing needs"
	@$(PIP) --require-hashes --requirement requirements/deploy.txt
	@touch $@

# SAM CLI wants older packages than the project, hence an environment of its own. --no-deps, as pip
# cannot see that the lock file has what an extra asks for.
.venv/.aws: requirements/aws.txt .venv/.build
	@echo "Installing into .venv/aws what deploying calls, and an AWS in miniature to test it on"
	@$(PYTHON) -m venv .venv/aws
	@.venv/aws/bin/python -m pip install --quiet --disable-pip-version-check --no-deps \
	  --require-hashes --requirement requirements/aws.txt
	@touch $@

.venv/.dev: requirements/dev.txt .venv/.build
	@echo "Installing into .venv what tests and linters need"
	@$(PIP) --require-hashes --requirement requirements/dev.txt
	@touch $@

# In an environment of its own, since checkov wants one old version of boto3. By .venv's pip, which is
# the locked one.
.venv/.lint: requirements/lint.txt | .venv/.build
	@echo "Installing into .venv/lint what checks workflows and the AWS template"
	@$(BIN)/python -m venv --without-pip .venv/lint
	@$(BIN)/python -m pip --python .venv/lint install --quiet --disable-pip-version-check \
	  --require-hashes --requirement requirements/lint.txt
	@touch $@
