# The one face of the project, for people and for .ci/run. `make` alone lists what can be made.
# Everything that is fetched or built lies in build/ and .build/, and nothing is made twice.

SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.DELETE_ON_ERROR:
.NOTPARALLEL:
.DEFAULT_GOAL := help

# What can be set on the command line, for instance `make run PORT=6380`.
PORT ?= 6379
MODULE_ARGS ?=
# `make run FLOWS=yes` has AI flows.
FLOWS ?=
REDIS_ARGS ?=
PREFIX ?= /usr
SYSCONFDIR ?= /etc
DESTDIR ?=
BACKENDS ?= onnx tflite
PYTEST_ARGS ?=
# How many files of server tests run at the same time.
TEST_WORKERS ?= 2
BENCH_ARGS ?=
EXAMPLE_ARGS ?=
SOAK_MINUTES ?= 10
# Kinds of random cases, by default all; their seed; minutes for all kinds together, libtorch's five not counted;
# how many of each.
FUZZ ?=
SEED ?=
FUZZ_MINUTES ?=
FUZZ_COUNT ?=
REDIS_SERVER ?= redis-server
SWIFT ?= swift
PYTHON ?= python3
SCRATCH ?= .build

# Where the tests, the benchmark and the examples find what was made for them.
export REDISAI_MODULE := $(CURDIR)/build/redisai.so
export REDISAI_BACKENDS := $(CURDIR)/build/backends
export REDISAI_SERVER_62 := $(CURDIR)/build/servers/redis-6.2/redis-server
export REDISAI_SERVER_8 := $(CURDIR)/build/servers/redis-8/redis-server
export REDISAI_SERVER_VALKEY := $(CURDIR)/build/servers/valkey-9/valkey-server
export REDISAI_SERVER := $(REDIS_SERVER)
export PORT REDIS_ARGS REDIS_SERVER PYTHON SWIFT PREFIX SYSCONFDIR DESTDIR BACKENDS FLOWS

# A folder counts as a source too: its time changes when a file in it appears or goes.
SOURCES := $(shell find Package.swift Sources -path Sources/Flows/python -prune -o -print 2>/dev/null)
SWIFT_PATHS := $(wildcard Package.swift Sources Tests Benchmarks)
# A changed C header makes SwiftPM compile the target that imports it, and not those into which that
# target's functions were inlined; they would go on with the old layout. So the headers are an option.
HEADERS := $(shell cat Sources/*/include/*.h | cksum | cut -d ' ' -f 1)
# A cached evaluation of Package.swift would go on with the commit of its first time, which INFO shows.
SWIFT_BUILD := $(SWIFT) build --manifest-cache none --scratch-path $(SCRATCH) -Xcc -DREDISAI_HEADERS=$(HEADERS)
VENV := build/python/bin/python
FETCH := $(VENV) Scripts/fetch.py
PYTEST = $(VENV) -m pytest Tests/server --numprocesses $(TEST_WORKERS) --dist loadfile
PIP_INSTALL := $(VENV) -m pip install --disable-pip-version-check

##@ Use

.PHONY: help
help: ## List the targets (this list)
	@sed -n -E \
	    -e 's/^##@ (.*)/\n\1/p' \
	    -e 's/^([a-z-]+):.*## (.*)/  make \1|\2/p' Makefile | awk -F'|' \
	    'NF == 2 { printf "%-24s %s\n", $$1, $$2; next } { print }'
	@echo
	@echo 'Settings: PORT=$(PORT)  BACKENDS="$(BACKENDS)"  MODULE_ARGS="THREADS_PER_QUEUE 4"  (see README.md)'

.PHONY: run
run: port tools backends module ## Build what is missing and serve on PORT, in the foreground
	@exec $(PYTHON) Scripts/run.py $(if $(FLOWS),FLOWS $(FLOWS)) $(MODULE_ARGS)

.PHONY: module
module: build/redisai.so build/include/redisai.h build/flows/.made ## Build the module, build/redisai.so, with its C header

.PHONY: backends
backends: build/python/.made ## Fetch the model runtimes named by BACKENDS: onnx, tf, tflite, torch, or all
	@$(FETCH) backends $(BACKENDS)

.PHONY: install
install: ## Lay both where services load them from, below PREFIX and SYSCONFDIR, and say what to do then
	@$(PYTHON) Scripts/install.py

.PHONY: uninstall
uninstall: ## Remove what `make install` laid there
	@$(PYTHON) Scripts/install.py uninstall

.PHONY: doctor
doctor: ## Say what is installed, what is missing and what to do about it
	@$(PYTHON) Scripts/doctor.py

##@ Check

# The tests run models of every runtime.
test test-unit test-server test-valkey: BACKENDS = all

.PHONY: test
test: test-unit test-names test-flows test-server test-valkey ## Run all tests, with all the set-up they need

.PHONY: test-unit
test-unit: swift backends build/flows/.made ## Run the Swift tests only (no server)
	@echo '==> building the Swift tests; a layer that imports one it must not know is an error'
	$(SWIFT_BUILD) --build-tests --explicit-target-dependency-import-check error
	@echo '==> running the Swift tests'
	# One after the other: some measure the memory of the process.
	mkdir -p build
	$(SWIFT) test --scratch-path $(SCRATCH) --skip-build --no-parallel 2>&1 | tee build/swift-tests.log || \
	    { echo '==> what has failed of it'; grep -a -E '✘|error:|Fatal' build/swift-tests.log | tail -n 50; exit 1; }

.PHONY: test-names
test-names: python descriptions ## Compare the numbers of the vendors' formats with the vendors' own descriptions
	@echo '==> comparing names and numbers with what the vendors say'
	$(VENV) -m pytest Tests/vendors $(PYTEST_ARGS)

.PHONY: test-flows
test-flows: python build/flows/.made ## Run the tests of the Python side of flows only (no server)
	@echo '==> running the tests of the Python side of flows'
	$(VENV) -m pytest Tests/flows $(PYTEST_ARGS)

.PHONY: test-server
test-server: tools python test-servers backends example-models module ## Run the server tests on Redis only (PYTEST_ARGS="-k word")
	@echo '==> running the server tests'
	$(PYTEST) $(PYTEST_ARGS)

.PHONY: fuzz
fuzz: BACKENDS = all
fuzz: tools python backends module ## Send random commands, payloads and models to servers (FUZZ_MINUTES=10 SEED=1)
	$(VENV) Tests/fuzz/run.py run $(FUZZ) $(if $(SEED),--seed $(SEED)) \
	    $(if $(FUZZ_MINUTES),--minutes $(FUZZ_MINUTES)) $(if $(FUZZ_COUNT),--count $(FUZZ_COUNT))
	$(if $(FUZZ),,$(VENV) Tests/fuzz/torch_operators.py --guard $(if $(SEED),--seed $(SEED)) --seconds 300)
	$(if $(FUZZ),,$(VENV) Tests/fuzz/flow_cases.py records $(if $(SEED),--seed $(SEED)))
	$(if $(FUZZ),,$(VENV) Tests/fuzz/flow_cases.py messages $(if $(SEED),--seed $(SEED)))

.PHONY: sanitize
sanitize: BACKENDS = onnx torch
sanitize: tools python backends build/include/redisai.h | swift ## Check the C API under the address sanitizer
	Scripts/sanitize.sh $(SWIFT) build --manifest-cache none --scratch-path .build-asan \
	    -Xcc -DREDISAI_HEADERS=$(HEADERS) --configuration release --product redisai

.PHONY: test-valkey
test-valkey: tools python test-servers backends example-models module ## Run the server tests on Valkey only
	@echo '==> running the server tests on Valkey'
	REDISAI_SERVER=$(REDISAI_SERVER_VALKEY) $(PYTEST) $(PYTEST_ARGS)

.PHONY: lint
lint: swift ## Check the format of the Swift sources
	@echo '==> checking the format of $(SWIFT_PATHS)'
	$(SWIFT) format lint --strict --recursive $(SWIFT_PATHS)

.PHONY: format
format: swift ## Bring the Swift sources into that format
	$(SWIFT) format --in-place --recursive $(SWIFT_PATHS)

.PHONY: bench
bench: BACKENDS = all
bench: tools python backends module ## Measure speed on this machine, as a table and a picture
	@echo '==> building the tools: the runtime without a server, and the client that sends the load'
	$(SWIFT_BUILD) --configuration release --product floor
	$(SWIFT_BUILD) --configuration release --product load
	$(VENV) Benchmarks/run.py --tools $(SCRATCH)/release $(BENCH_ARGS)
	@echo '==> the same for AI flows, as a list'
	$(VENV) Benchmarks/flows.py --tools $(SCRATCH)/release --report $(if $(FLOWS_PYTHON),--python $(FLOWS_PYTHON))

.PHONY: soak
soak: BACKENDS = all
soak: tools python backends module ## All runtimes under load on hosts that deny things (SOAK_MINUTES=10 each)
	$(VENV) Benchmarks/sandbox_soak.py --minutes $(SOAK_MINUTES)

.PHONY: soak-flows
soak-flows: BACKENDS = all
soak-flows: tools python backends module ## Flows that are killed, evil, at work for long (SOAK_MINUTES=10), and idle
	@echo '==> building the client that sends the load'
	$(SWIFT_BUILD) --configuration release --product load
	$(VENV) Benchmarks/flow_kills.py --victim server
	$(VENV) Benchmarks/flow_kills.py --victim python
	$(VENV) Benchmarks/flow_soak.py --minutes $(SOAK_MINUTES)
	$(VENV) Benchmarks/flow_idle.py
	$(VENV) Benchmarks/flow_evils.py --tools $(SCRATCH)/release

##@ Examples

.PHONY: example-speech
example-speech: tools espeak-ng python backends module example-models ## Find the speech in a sound
	$(VENV) Examples/speech/detect.py $(EXAMPLE_ARGS)

.PHONY: example-live-speech
example-live-speech: tools espeak-ng python backends module example-models ## Find speech in a stream, by a flow
	$(VENV) Examples/live-speech/listen.py $(EXAMPLE_ARGS)

.PHONY: example-music
example-music: BACKENDS = onnx tf tflite
example-music: tools python backends module example-models ## Write down music, one model in three formats
	$(VENV) Examples/music/transcribe.py $(EXAMPLE_ARGS)

##@ Set-up; the targets above do it by themselves

.PHONY: python
python: build/python/.packages-ready build/redis-py-5/.made ## Make build/python, with clients and test tools

.PHONY: test-servers
test-servers: build/python/.made ## Fetch the Redis 6.2, Redis 8 and Valkey servers that the tests use
	@$(FETCH) test-servers

.PHONY: example-models
example-models: build/python/.made ## Fetch the models of the examples
	@$(FETCH) example-models

.PHONY: descriptions
descriptions: build/python/.made ## Fetch what vendors say of their formats and tables
	@$(FETCH) descriptions

.PHONY: vendor-names
vendor-names: python descriptions ## Write the files with the vendors' numbers anew, from those
	@cd Scripts && ../$(VENV) -m vendor_names

##@ Tidy up

.PHONY: clean
clean: ## Remove what was built; downloads, Python tools and data stay
	rm -rf .build build/redisai.so build/redisai.so.debug build/include build/flows build/backends build/servers \
	    build/models build/tools

.PHONY: distclean
distclean: ## Remove everything that was fetched or made, the data of `make run` too
	rm -rf .build build

# ---- The parts behind the targets above ----

build/redisai.so: $(SOURCES) Scripts/install-module.sh | swift
	@echo '==> building the module (a first build takes some minutes)'
	$(SWIFT_BUILD) --configuration release --product redisai
	@Scripts/install-module.sh $(SCRATCH)/release/libredisai.so $@

# What other modules include.
build/include/redisai.h: Sources/CSharedAPI/include/redisai.h
	@mkdir -p $(@D)
	@cp $< $@

# The Python side of flows, which the module looks for beside itself.
build/flows/.made: Scripts/make-flows.sh $(shell find Sources/Flows -name '*.py' -o -name '*.[ch]')
	@Scripts/make-flows.sh $(@D)
	@touch $@

build/python/.made: | Scripts/make-python.sh
	@Scripts/make-python.sh build/python
	@touch $@

build/python/.packages-ready: Scripts/requirements-test.txt Scripts/requirements-redisai.txt \
    | build/python/.made
	@echo '==> installing Python packages in build/python (the tests need Python 3.10 or newer)'
	$(PIP_INSTALL) --requirement Scripts/requirements-test.txt
	$(PIP_INSTALL) --no-deps --requirement Scripts/requirements-redisai.txt
	@touch $@

build/redis-py-5/.made: Scripts/requirements-redis5.txt | build/python/.made
	@echo '==> fetching an older redis-py into build/redis-py-5'
	rm -rf build/redis-py-5
	$(PIP_INSTALL) --no-deps --target build/redis-py-5 --requirement Scripts/requirements-redis5.txt
	@touch $@

.PHONY: port
port:
	@$(PYTHON) Scripts/check-port.py $(PORT)

.PHONY: swift
swift:
	@command -v $(SWIFT) >/dev/null || { \
	    echo 'Swift is not found. Install Swift 6.3 or newer (swift.org/install),' >&2; \
	    echo 'or name it: make SWIFT=/path/to/swift ...' >&2; \
	    exit 1; }

.PHONY: tools
tools:
	@Scripts/need.sh redis-server python3-venv

.PHONY: espeak-ng
espeak-ng:
	@Scripts/need.sh espeak-ng
