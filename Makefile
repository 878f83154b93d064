# Every target sets up what it needs itself: Node comes from the npm package `node`, which is
# first in PATH inside npm scripts. `make help` lists the targets.
SHELL := bash
.SHELLFLAGS := -eu -o pipefail -c
.DEFAULT_GOAL := help
MAKEFLAGS += --no-print-directory

.PHONY: help
help: ## list the targets
	@grep -hE '^[a-z][a-z0-9-]*:.*##' $(MAKEFILE_LIST) | sed 's/:.*## /\t/' | expand -t 15

# npm's own record of what it installed, written last: so an `npm ci` by hand counts as well. The
# touch makes it newer than its prerequisites, whatever time npm gives it.
INSTALLED := node_modules/.package-lock.json

$(INSTALLED): package.json package-lock.json
	@echo "installing npm packages (about half a minute the first time)"
	@npm ci --no-audit --no-fund --loglevel=error
	@touch $@

.PHONY: install
install: $(INSTALLED) ## install the npm packages, if they are not installed yet
	@:

.PHONY: check
check: $(INSTALLED) ## check format, lint, types, dead code and generated files
	@npm run --silent check

.PHONY: generate
generate: $(INSTALLED) ## regenerate the files that are made from the CRD and from the charts' values
	@npm run --silent generate

.PHONY: test-unit
test-unit: $(INSTALLED) ## run the unit tests, which takes seconds; a failure shows the rule and the file
	@npm run --silent test:unit

.PHONY: test-fast
test-fast: $(INSTALLED) ## run every test that needs no API server, the unit tests first
	@npm run --silent test:unit
	@npm run --silent test:fast

.PHONY: test
test: $(INSTALLED) ## run unit tests, checks, fast tests, and tests on a real kube-apiserver; no root
	@npm run --silent test:unit
	@npm run --silent check
	@npm run --silent test:fast
	@npm run --silent test:cluster

# `make test` has it too, for 20 seconds.
.PHONY: test-idle
test-idle: $(INSTALLED) ## watch an operator at rest on a real kube-apiserver for IDLE_SECONDS (300)
	@IDLE_SECONDS=$${IDLE_SECONDS:-300} npm run --silent test:idle

.PHONY: planted
planted: $(INSTALLED) ## plant known bugs in a copy, and check that tests catch them; PATCH=file plants your own
	@npm run --silent planted -- $(PATCH)

EXPLORE_MINUTES ?= 10

# EXPLORE='hands=2 rotations=1' explores one bound, EXPLORE_DEPTH ends it sooner, and EXPLORE_PATH='…'
# tells one path of it.
.PHONY: explore
explore: $(INSTALLED) ## try every course of the core in a small world, for EXPLORE_MINUTES (10); EXPLORE=bounds
	@npm run --silent explore -- --minutes '$(EXPLORE_MINUTES)' --bounds '$(EXPLORE)' \
	  --depth '$(EXPLORE_DEPTH)' --path '$(EXPLORE_PATH)'

SOAK_MINUTES ?= 45

# From 45 minutes on, and as root or with a cluster, a real rotation at the default terms as well.
.PHONY: soak
soak: $(INSTALLED) ## run the simulator with every fault, and random lives of sets, for SOAK_MINUTES (45); a real node too
	@npm run --silent soak -- --minutes $(SOAK_MINUTES)

.PHONY: replay
replay: $(INSTALLED) ## repeat one run of the simulator, step by step: SEED='…'
	@npm run --silent replay -- '$(SEED)'

.PHONY: demo
demo: $(INSTALLED) ## show rotations, a rollback and a revocation on a real API server; KEEP=1 leaves it running
	@npm run --silent demo

.PHONY: binaries
binaries: $(INSTALLED) ## get etcd, kube-apiserver and kubectl, once: a download, else a build of eight minutes
	@npm run --silent binaries

.PHONY: node-binaries
node-binaries: $(INSTALLED) ## build the programs of a real node, once (about ten minutes)
	@npm run --silent node-binaries

.PHONY: e2e
e2e: $(INSTALLED) ## test end to end on a real node (needs root) or, if KUBECONFIG is set, on that cluster
	@npm run --silent test:e2e

.PHONY: node
node: $(INSTALLED) ## start a cluster with one real node to play with, until Ctrl-C (needs root)
	@npm run --silent node

.PHONY: control-plane
control-plane: $(INSTALLED) ## start a real API server to play with, until Ctrl-C
	@npm run --silent control-plane

.PHONY: build
build: $(INSTALLED) ## bundle the program into dist/; the bundle needs only Node.js
	@npm run --silent build

# By the environment: IMAGE names it, NODE_IMAGE and RUNTIME_IMAGE are other bases than the
# Dockerfile's, and BASES=local makes the bases where none can be pulled (root, Debian). ARCHIVE names
# a file that the image is written to as well.
.PHONY: image
image: $(INSTALLED) ## build the container image; IMAGE=name:tag
	@npm run --silent image

.PHONY: test-image
test-image: $(INSTALLED) ## build the container image, and test it in Docker
	@npm run --silent test:image

.PHONY: test-charts
test-charts: $(INSTALLED) ## render the Helm charts, validate them on a real API server, and install them
	@npm run --silent test:charts

.PHONY: manifests
manifests: $(INSTALLED) ## write dist/install.yaml, for kubectl apply; IMAGE=name:tag
	@npm run --silent manifests

.PHONY: bench
bench: $(INSTALLED) ## measure 1,000 sets, start-up and memory, and the JWKS server next to nginx
	@npm run --silent bench
