# The commands of the project. They need make and Python 3.11 or newer, nothing else, and no root.
#
#   make demo     make the virtual environment if it is missing, then run the demo
#   make test     the whole suite on asyncio and trio, in up to four processes (ARGS="-k name" goes to pytest, in one)
#   make check    lint, formatting, types, floors of imports
#   make soak     long sweeps: the property tests with many examples, and the tests marked `soak`
#   make bench    speed beside the SDK and other frameworks (about 20 minutes; ARGS="--no-peers" installs nothing)
#   make clean    remove what these commands made
#
# PYTHON=... names the Python to use, VENV=... the folder of the environment.

VENV = .venv
PYTHON =
ARGS =
bin = "$(VENV)/bin"

# With it, each of the many programs that tests start compiles the package anew.
unexport PYTHONDONTWRITEBYTECODE

.PHONY: help demo test check soak bench clean demo-environment dev-environment
.NOTPARALLEL:

help:
	@sed -n 's/^#   //p' Makefile

demo: demo-environment
	@$(bin)/agentkit demo $(ARGS)

test: ARGS = -n auto --maxprocesses=4 --dist=loadfile --no-loadscope-reorder
test: dev-environment
	@$(bin)/python -m pytest $(ARGS)

soak: dev-environment
	@$(bin)/python -m pytest -m "soak or hypothesis" --hypothesis-profile=soak --timeout=1800 $(ARGS)

check: dev-environment
	$(bin)/ruff check
	$(bin)/ruff format --check
	$(bin)/lint-imports --no-cache
	$(bin)/mypy & mypy=$$!; $(bin)/pyright --pythonpath $(bin)/python; pyright=$$?; wait $$mypy && exit $$pyright

bench: dev-environment
	@$(bin)/python -m benchmarks.speed.run --write $(ARGS)

demo-environment dev-environment:
	@sh .ci/environment $(@:-environment=) "$(VENV)" "$(PYTHON)"

clean:
	rm -rf "$(VENV)" build dist .mypy_cache .pytest_cache .ruff_cache .hypothesis .import_linter_cache
	find agentkit tools tests -name __pycache__ -type d -prune -exec rm -rf {} +
