# Every target sets up what it needs itself: Node comes from the npm package `node`, which is
# first in PATH inside npm scripts. `make help` lists the targets.
SHELL := bash
.SHELLFLAGS := -eu -o pipefail -c
.DEFAULT_GOAL := help
MAKEFLAGS += --no-print-directory

.PHONY: help
help: ## list the targets
	@grep -hE '^[a-z][a-z0-9-]*:.*##' $(MAKEFILE_LIST) | sed 's/:.*## /\t/' | expand -t 12

node_modules/.installed: package.json package-lock.json
	@echo "installing npm packages (about half a minute the first time)"
	@npm ci --no-audit --no-fund --loglevel=error
	@touch $@

.PHONY: check
check: node_modules/.installed ## format, lint, types, boundaries, generated files
	@npm run --silent check

.PHONY: generate
generate: node_modules/.installed ## make the TypeScript types from the CRD
	@npm run --silent generate

.PHONY: test-fast
test-fast: node_modules/.installed ## every test that needs no API server
	@npm run --silent test:fast

.PHONY: test
test: node_modules/.installed ## everything that needs no root: check, fast tests, a real kube-apiserver
	@npm run --silent check
	@npm run --silent test:fast
	@npm run --silent test:cluster

.PHONY: demo
demo: node_modules/.installed ## the main job on a real API server, as it happens; KEEP=1 leaves it running
	@npm run --silent demo

.PHONY: binaries
binaries: node_modules/.installed ## etcd, kube-apiserver and kubectl, built once (about eight minutes)
	@npm run --silent binaries

.PHONY: control-plane
control-plane: node_modules/.installed ## a real API server to play with, until Ctrl-C
	@npm run --silent control-plane

.PHONY: build
build: node_modules/.installed ## the program as a bundle that needs only Node, in dist/
	@npm run --silent build

.PHONY: bench
bench: node_modules/.installed ## measure: 1,000 sets, start-up and memory, the JWKS server beside nginx
	@npm run --silent bench
