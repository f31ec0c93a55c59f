# kube-lite: `make up` and `make test` are all one needs; `make help` lists the rest.
SHELL := /bin/bash
LAB := .venv/bin/lab
JOBS ?= $(shell nproc)
UP_FLAGS ?=

.PHONY: help install up down show test lint bench examples clean

help: ## this list
	@sed -n 's/^\([a-z]*\):.*## \(.*\)/  make \1\t\2/p' Makefile | expand -t 18

install: ## OS packages and the virtual environment; nothing where all is there
	@scripts/install.sh

up: install ## start the lab, apply the two examples, show that their packets arrive
	@$(LAB) up $(UP_FLAGS) --apply examples/deployment.yaml --apply examples/service.yaml
	@$(LAB) show

down: ## end the lab; nothing is left behind
	@if [ -x $(LAB) ]; then $(LAB) down; else echo "no lab: nothing was installed"; fi

show: ## show the examples again: objects, one node's table, answers
	@$(LAB) show

test: ## the whole suite
	@scripts/install.sh test
	.venv/bin/pytest -n $(JOBS) --dist loadgroup --ignore tests/e2e $(ARGS)
	.venv/bin/pytest -n $(JOBS) --dist loadgroup tests/e2e $(ARGS)  # whole clusters: each group of tests has its own

lint: ## style, and the layers of the house
	@scripts/install.sh test
	.venv/bin/ruff check .
	.venv/bin/lint-imports

bench: ## measure; ARGS="--peer https://HOST:PORT ..." compares with another API server
	@scripts/install.sh bench
	.venv/bin/python -m benchmarks $(ARGS)

examples: install ## run every example in both proxy modes
	.venv/bin/python -m examples $(ARGS)

clean: down ## also remove the virtual environment and caches
	rm -rf .venv .cache .pytest_cache .ruff_cache .hypothesis .import_linter_cache *.egg-info
