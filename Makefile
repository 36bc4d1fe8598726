# Every target says what it does: `make help`.
SHELL := /bin/bash
PYTHON ?= python3
STAGE ?= dev
VENV := .venv
BIN := $(VENV)/bin
OPEN := $(VENV)/.open
READY := $(VENV)/.ready

.DEFAULT_GOAL := help
.PHONY: help run test check requirements advisories test-browser test-dynamodb test-stack demo-mail package preflight deployer-policy deploy administrator dismiss smoke restore restore-drill bench bench-mail bench-beside clean soak-time soak-intake soak-counters bench-escalation bench-life bench-million bench-province bench-pages bench-places recount withdraw-keys conformance bench-masking lighthouse bench-broadcast bench-moving bench-costs releases rollback

help: ## say what each target does
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 16

# Files are compiled when first imported: installing is twice as fast that way.
PIP := set -o pipefail; $(BIN)/python -m pip install --disable-pip-version-check --no-compile --progress-bar off
# Of what pip says, a line for each package that it fetches; its errors are shown as they are.
STEPS := | while read -r step package _; do case "$$step" in \
	Collecting) echo "  fetching $${package%%[^A-Za-z0-9._-]*}" ;; Installing) echo "  unpacking all of them" ;; esac; done

$(OPEN): requirements/town.txt
	@test -x $(BIN)/python || { echo "Making the environment in $(VENV), once"; $(PYTHON) -m venv $(VENV); }
	@echo "Installing what the town needs"
	@$(PIP) -r requirements/town.txt $(STEPS)
	@echo "Compiling it"
	@PYTHONDONTWRITEBYTECODE= $(BIN)/python -c "import infra.local.running, app"
	@touch $@

$(READY): $(OPEN) requirements/dev.txt
	@echo "Installing what tests and checks need"
	@$(PIP) -r requirements/dev.txt $(STEPS)
	@touch $@

# What is given to make, such as PORT=8001, the program finds in its environment.
run: $(OPEN) ## start a town here: [PORT=8000] [SMTP_PORT=2525] [CITY=other, an empty one] [DYNAMODB=local keeps its data]
	@$(BIN)/python -m infra.local

# axe-core judges the pages; without npm the browser tests say that they were left out.
AXE := .build/node_modules/axe-core/axe.min.js
$(AXE):
	@if command -v npm >/dev/null; then npm install --silent --no-audit --no-fund --prefix .build axe-core@4.14.1; fi

# An OpenID provider that stands for the city's own sign-in in tests; without npm they are left out.
PROVIDER := .build/node_modules/oidc-provider/package.json
$(PROVIDER):
	@if command -v npm >/dev/null; then npm install --silent --no-audit --no-fund --ignore-scripts --prefix .build oidc-provider@9.13.3; fi

# Other projects' Open311 clients, for a test that speaks with them; Node's is left out without npm.
CLIENTS := .build/clients/.ready
$(CLIENTS): tests/clients/requirements.txt tests/clients/npm/package.json $(READY)
	@rm -rf .build/clients && mkdir -p .build/clients
	@$(PIP) --quiet --target .build/clients/python -r tests/clients/requirements.txt
	@cp -r tests/clients/npm .build/clients/npm
	@if command -v npm >/dev/null; then npm install --silent --no-audit --no-fund --ignore-scripts --prefix .build/clients/npm; fi
	@touch $@

test: $(READY) $(AXE) $(PROVIDER) $(CLIENTS) ## run every test that needs no other machine
	PYTHONDONTWRITEBYTECODE= $(BIN)/python -m pytest -n auto --dist loadfile -m "not stack and not dynamodb"

check: $(READY) ## ruff, mypy, import rules, the size of every room, cfn-lint, the packaged template's assertions
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/python -m pytest -n auto tests/test_house.py tests/infra/test_state_template.py tests/infra/test_functions_template.py tests/infra/test_api.py tests/infra/test_address.py tests/infra/test_front.py tests/infra/test_watching.py tests/infra/test_policies.py

# requirements/*.in says what is wanted, the compiled files which files of it are accepted.
COMPILE := $(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --custom-compile-command "make requirements"
requirements: $(READY) ## fix versions and hashes of all libraries anew, from requirements/*.in
	cd requirements && for name in events api town dev audit; do ../$(COMPILE) $$name.in -o $$name.txt || exit 1; done
	cd requirements && ../$(COMPILE) product.in -o ../requirements.txt

AUDIT := .build/audit/.ready
$(AUDIT): requirements/audit.txt
	@rm -rf .build/audit && $(PYTHON) -m venv .build/audit
	@.build/audit/bin/python -m pip install --quiet --disable-pip-version-check -r requirements/audit.txt
	@touch $@

advisories: $(READY) $(AUDIT) ## is anything known against a library that is packaged
	$(BIN)/python -m infra.advisories

test-browser: $(READY) $(AXE) $(PROVIDER) ## drive the pages in a real Chromium
	$(BIN)/python -m pytest -m browser tests/browser

LIGHTHOUSE := .build/node_modules/.bin/lighthouse
$(LIGHTHOUSE):
	npm install --silent --no-audit --no-fund --prefix .build lighthouse@12.8.2

lighthouse: $(READY) $(LIGHTHOUSE) ## judge the citizens' pages of a town with Lighthouse (needs npm and Chromium)
	$(BIN)/python -m bench.lighthouse

test-dynamodb: $(READY) ## the store's contract and the ten flows against DynamoDB Local (needs a JDK and Maven)
	$(BIN)/python -m pytest -n auto -m dynamodb

test-stack: $(READY) ## the packaged zips, alone for each target and end to end on MiniStack
	$(BIN)/python -m pytest -n auto --dist loadfile -m stack tests/stack tests/infra

demo-mail: $(OPEN) ## send a citizen's mail to the town opened last, or to the one at SMTP_PORT=…
	@$(BIN)/python -m infra.local.demo_mail

package: $(READY) ## build both stacks and zips for STAGE into .build/STAGE (RUNTIME=python3.13 ARCH=arm64)
	$(BIN)/python -m infra.package $(STAGE) $(if $(RUNTIME),--runtime $(RUNTIME)) $(if $(ARCH),--arch $(ARCH))

preflight: $(READY) ## is the AWS account at hand ready for STAGE, and what is missing
	$(BIN)/python -m infra.preflight --stage $(STAGE)

deployer-policy: $(READY) ## write what whoever deploys STAGE may do, as policies for IAM
	$(BIN)/python -m infra.deployer --stage $(STAGE)

deploy: package ## deploy both stacks of STAGE to the AWS account at hand
	$(BIN)/python -m infra.deploy --stage $(STAGE)

releases: $(READY) ## list what is kept of STAGE, newest first, and which release runs
	$(BIN)/python -m infra.rollback --stage $(STAGE)

rollback: $(READY) ## put a kept release back: make rollback STAGE=… TO=how-its-digest-begins
	$(BIN)/python -m infra.rollback --stage $(STAGE) --to "$(TO)"

administrator: $(READY) ## appoint a member of staff: make administrator EMAIL=… NAME=… ROLE=…
	$(BIN)/python -m infra.administrator --stage $(STAGE)

dismiss: $(READY) ## switch off the account of a member of staff: make dismiss EMAIL=…
	$(BIN)/python -m infra.administrator --dismiss --stage $(STAGE)

smoke: $(READY) ## check the deployed STAGE; with REPORT_AS=you@… also send a report and follow it
	$(BIN)/python -m infra.smoke --stage $(STAGE)

restore: $(READY) ## bring STAGE back to a moment: make restore STAGE=… AT=2026-11-30T10:00:00Z
	$(BIN)/python -m infra.restore --stage $(STAGE)

restore-drill: $(READY) ## a city loses its table and is brought back, compared item by item (DynamoDB Local)
	$(BIN)/python -m pytest -n auto tests/restoring

bench: $(READY) ## measure cold start, size, AWS calls and own CPU per item
	$(BIN)/python -m bench

bench-mail: $(READY) ## score the mail reader on a folder of cases: make bench-mail CASES=folder
	$(BIN)/python -m bench.mail $(CASES)

bench-beside: $(READY) ## own CPU of a mail, a text and a form beside django-helpdesk's (PyPI)
	$(BIN)/python -m bench.beside

bench-masking: $(READY) ## how well private people are hidden in public words
	$(BIN)/python -m bench.masking

soak-time: $(READY) ## 400 days of promises in six odd zones: each step once, none early, none missing
	$(BIN)/python -m bench.soak_time

soak-intake: $(READY) ## 10,000 inputs in bad weather: nothing lost, nothing twice
	$(BIN)/python -m bench.soak_intake

bench-escalation: $(READY) ## calls and capacity of a run among 1,000 to 100,000 open tickets (DynamoDB Local)
	$(BIN)/python -m bench.escalation

bench-pages: $(READY) ## calls and read units of pages among ever more tickets and agencies (DynamoDB Local)
	$(BIN)/python -m bench.pages

withdraw-keys: $(READY) ## end whatever a ring of signing keys of STAGE has signed: RING=links
	$(BIN)/python -m infra.withdraw_keys --stage $(STAGE) --ring "$(RING)"

recount: $(READY) ## build every counter of STAGE= anew from its tickets and say how many were wrong
	$(BIN)/python -m infra.recount --stage $(STAGE)

soak-counters: $(READY) ## ten thousand changes, counted by a reader that repeats, replays and dies, against a recount
	$(BIN)/python -m bench.soak_counters

bench-life: $(READY) ## write units of a ticket's whole life, indexes included
	$(BIN)/python -m bench.life

bench-million: $(READY) ## a broadcast to a million at 500 mails a second, in simulated time
	$(BIN)/python -m bench.million

bench-province: $(READY) ## what is full first on a day of 50 million people with a storm (COUNT=1 looks for hot places anew)
	$(if $(COUNT),$(BIN)/python -m bench.heat)
	$(BIN)/python -m bench.province

bench-broadcast: $(READY) ## a broadcast to 5,000, its price, its faults, and a list of 100,000 in little room
	$(BIN)/python -m bench.sending

bench-places: $(READY) ## calls and capacity of a search by place among 1,000 to 100,000 tickets (DynamoDB Local)
	$(BIN)/python -m bench.places

bench-moving: $(READY) ## a city of COUNT=50000 tickets out and in again, compared item by item (DynamoDB Local)
	$(BIN)/python -m bench.moving $(COUNT)

bench-costs: $(READY) ## what a month costs at AWS, every service in it (COUNT=1 counts the units anew, on DynamoDB Local)
	$(if $(COUNT),$(BIN)/python -m bench.counting)
	$(BIN)/python -m bench.costs --units

conformance: ## tick the boxes of GeoReport v2 against any endpoint: make conformance URL=… [KEY=…] [PLACE=…]
	@$(PYTHON) -m conformance $(URL) --key "$(KEY)" --place "$(PLACE)" --jurisdiction "$(JURISDICTION)" --report "$(or $(REPORT),conformance.html)"

clean: ## remove what the other targets made
	rm -rf $(VENV) .build .data .mypy_cache .ruff_cache .pytest_cache .import_linter_cache
