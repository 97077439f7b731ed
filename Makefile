# Two commands: `make serve` and `make test`. Each installs what is missing, says what it does, and says what failed.
SHELL := /bin/bash
.SHELLFLAGS := -eu -o pipefail -c
.ONESHELL:
.DEFAULT_GOAL := help
.PHONY: help serve test bench lint format admin setup setup-dev prepare weasyprint-libraries chromium postgresql schema clean

PYTHON ?= python3
VENV := .venv
PY := $(VENV)/bin/python
ADDRESS ?= 127.0.0.1:8000
# Debian's names of what WeasyPrint needs to set a page.
LIBRARIES := libpango-1.0-0 libpangoft2-1.0-0 libharfbuzz-subset0

help: ## what there is
	@grep -hE '^[a-z-]+:.*## ' Makefile | sed -E 's/^([a-z-]+):.*## (.*)/  make \1\t\2/' | expand -t 20

serve: setup weasyprint-libraries prepare ## the site on http://127.0.0.1:8000 with all law loaded
	@echo "StillOwe: open http://$(ADDRESS)/  (stop it with Ctrl-C; 'make admin' makes an administrator)"
	SECURE=$${SECURE:-off} BIND=$(ADDRESS) exec $(VENV)/bin/gunicorn -c config/gunicorn.py config.wsgi

test: setup-dev weasyprint-libraries chromium postgresql ## every test; those of the database on PostgreSQL, too
	@echo "StillOwe: static files for the browser tests"
	$(PY) manage.py collectstatic --noinput -v 0
	echo "StillOwe: every test, on SQLite"
	env -u DATABASE_URL $(PY) -m pytest $(PYTEST_ARGS)
	echo "StillOwe: every test of the database again, on a PostgreSQL of its own"
	exec $(PY) -m tests.cluster -- $(PY) -m pytest -m database $(PYTEST_ARGS)

bench: setup-dev weasyprint-libraries prepare ## what is measured, against its goals
	$(PY) -m tests.bench

lint: setup-dev ## ruff, djlint, mypy, and the law files
	$(PY) -m ruff check .
	$(PY) -m ruff format --check .
	$(VENV)/bin/djlint templates --lint --quiet
	$(PY) -m mypy statelaw screener config
	$(PY) manage.py check_law --quiet

format: setup-dev ## rewrites Python as ruff lays it out
	$(PY) -m ruff check --fix .
	$(PY) -m ruff format .

admin: setup prepare ## makes an administrator
	$(PY) manage.py createsuperuser

prepare: setup ## database, law and static files
	@echo "StillOwe: preparing the database, the law and the static files"
	$(PY) manage.py migrate --noinput -v 0 || { echo "StillOwe: the database could not be prepared (see above)" >&2; exit 1; }
	$(PY) manage.py load_law || { echo "StillOwe: the law files could not be loaded (see above)" >&2; exit 1; }
	$(PY) manage.py load_scenarios || { echo "StillOwe: the law's scenarios could not be loaded (see above)" >&2; exit 1; }
	$(PY) manage.py collectstatic --noinput -v 0 || { echo "StillOwe: the static files could not be prepared (see above)" >&2; exit 1; }

setup: $(VENV)/.ready
setup-dev: $(VENV)/.ready-dev

$(VENV)/bin/python:
	@echo "StillOwe: making a virtual environment in $(VENV)"
	$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "StillOwe needs Python 3.11 or newer as '$(PYTHON)'; name another with PYTHON=..." >&2; exit 1; }
	$(PYTHON) -m venv $(VENV) || { echo "StillOwe: no virtual environment could be made. On Debian: apt-get install python3-venv" >&2; rm -rf $(VENV); exit 1; }

$(VENV)/.ready: requirements.txt | $(VENV)/bin/python
	@echo "StillOwe: installing what the site runs on (requirements.txt)"
	$(PY) -m pip install --quiet --disable-pip-version-check -r requirements.txt || { echo "StillOwe: requirements.txt could not be installed (see above)" >&2; exit 1; }
	touch $@

$(VENV)/.ready-dev: requirements-dev.txt requirements.txt | $(VENV)/bin/python
	@echo "StillOwe: installing what the tests need (requirements-dev.txt)"
	$(PY) -m pip install --quiet --disable-pip-version-check -r requirements-dev.txt || { echo "StillOwe: requirements-dev.txt could not be installed (see above)" >&2; exit 1; }
	touch $@ $(VENV)/.ready

weasyprint-libraries: setup
	@if ! $(PY) -c 'import weasyprint' >/dev/null 2>&1; then
	  if [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null; then
	    echo "StillOwe: installing the libraries that WeasyPrint needs ($(LIBRARIES))"
	    apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends $(LIBRARIES) >/dev/null
	  else
	    echo "StillOwe: printing needs system libraries. Run this once, then start again:" >&2
	    echo "  sudo apt-get install --no-install-recommends $(LIBRARIES)" >&2
	    exit 1
	  fi
	  $(PY) -c 'import weasyprint' || { echo "StillOwe: WeasyPrint does not load (see above)" >&2; exit 1; }
	fi

chromium:
	@if ! command -v chromium >/dev/null; then
	  if [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null; then
	    echo "StillOwe: installing Chromium for the browser tests"
	    apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends chromium >/dev/null
	  else
	    echo "StillOwe: the browser tests need Chromium. Run this once, then start again:" >&2
	    echo "  sudo apt-get install --no-install-recommends chromium" >&2
	    exit 1
	  fi
	fi

# Debian would make and start a cluster beside the package; ours is made by the tests and gone after them.
postgresql:
	@if ! compgen -G '/usr/lib/postgresql/*/bin/postgres' >/dev/null && ! command -v postgres >/dev/null; then
	  if [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null; then
	    echo "StillOwe: installing PostgreSQL for the tests of the database"
	    none=/etc/postgresql-common/createcluster.d/stillowe-none.conf
	    mkdir -p "$${none%/*}"
	    echo "create_main_cluster = false" > "$$none"
	    trap 'rm -f "$$none"' EXIT
	    apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends postgresql >/dev/null
	  else
	    echo "StillOwe: the tests of the database need PostgreSQL. Run this once, then start again:" >&2
	    echo "  sudo apt-get install --no-install-recommends postgresql" >&2
	    exit 1
	  fi
	fi

clean: ## removes the environment, the database and what was built
	rm -rf $(VENV) var
