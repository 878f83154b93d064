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
install: $(INSTALLED) ## the npm packages, where they are not there yet
	@:

.PHONY: check
check: $(INSTALLED) ## format, lint, types, dead code, generated files
	@npm run --silent check

.PHONY: generate
generate: $(INSTALLED) ## the files that follow from the CRD and from the charts' values
	@npm run --silent generate

.PHONY: test-unit
test-unit: $(INSTALLED) ## function by function, in seconds: which rule is broken, and in which file
	@npm run --silent test:unit

.PHONY: test-fast
test-fast: $(INSTALLED) ## every test that needs no API server, the unit tests first
	@npm run --silent test:unit
	@npm run --silent test:fast

.PHONY: test
test: $(INSTALLED) ## everything that needs no root: unit tests, check, fast tests, a real kube-apiserver
	@npm run --silent test:unit
	@npm run --silent check
	@npm run --silent test:fast
	@npm run --silent test:cluster

# `make test` has it too, for 20 seconds.
.PHONY: test-idle
test-idle: $(INSTALLED) ## an operator at rest on a real kube-apiserver, watched for IDLE_SECONDS (300)
	@IDLE_SECONDS=$${IDLE_SECONDS:-300} npm run --silent test:idle

.PHONY: planted
planted: $(INSTALLED) ## known bugs, planted in a copy and hunted; PATCH=file for one of your own
	@npm run --silent planted -- $(PATCH)

SOAK_MINUTES ?= 45

# From 45 minutes on, and as root or with a cluster, a real rotation at the default terms as well.
.PHONY: soak
soak: $(INSTALLED) ## all fault plans and random lives for SOAK_MINUTES (45), and a rotation on a real node
	@npm run --silent soak -- --minutes $(SOAK_MINUTES)

.PHONY: replay
replay: $(INSTALLED) ## one run of the simulator again, step by step: SEED='…'
	@npm run --silent replay -- '$(SEED)'

.PHONY: demo
demo: $(INSTALLED) ## the main job on a real API server, as it happens; KEEP=1 leaves it running
	@npm run --silent demo

.PHONY: binaries
binaries: $(INSTALLED) ## etcd, kube-apiserver and kubectl, built once (about eight minutes)
	@npm run --silent binaries

.PHONY: node-binaries
node-binaries: $(INSTALLED) ## what a real node is made of, built once (about ten minutes)
	@npm run --silent node-binaries

.PHONY: e2e
e2e: $(INSTALLED) ## on a real node, for which it needs root; with KUBECONFIG set, on that cluster
	@npm run --silent test:e2e

.PHONY: node
node: $(INSTALLED) ## a cluster of one real node to play with, until Ctrl-C; needs root
	@npm run --silent node

.PHONY: control-plane
control-plane: $(INSTALLED) ## a real API server to play with, until Ctrl-C
	@npm run --silent control-plane

.PHONY: build
build: $(INSTALLED) ## the program as a bundle that needs only Node, in dist/
	@npm run --silent build

# By the environment: IMAGE names it, NODE_IMAGE and RUNTIME_IMAGE are other bases than the
# Dockerfile's, and BASES=local makes the bases where none can be pulled (root, Debian). ARCHIVE names
# a file that the image is written to as well.
.PHONY: image
image: $(INSTALLED) ## the container image; IMAGE=name:tag
	@npm run --silent image

.PHONY: test-image
test-image: $(INSTALLED) ## the container image, built and run in Docker
	@npm run --silent test:image

.PHONY: test-charts
test-charts: $(INSTALLED) ## the Helm charts: rendered, judged by a real API server, installed
	@npm run --silent test:charts

.PHONY: manifests
manifests: $(INSTALLED) ## dist/install.yaml, for kubectl apply; IMAGE=name:tag
	@npm run --silent manifests

.PHONY: bench
bench: $(INSTALLED) ## measure: 1,000 sets, start-up and memory, the JWKS server beside nginx
	@npm run --silent bench
