"""Law 5, judged by the server's own ledger: no budget of any scope is ever exceeded."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from typing import Any

import anyio
import pytest

from agentkit import Outcome, RunResult
from tests.budgets.server import overspent
from tests.budgets.trees import Tree
from tests.laws.hangs import within

BACKENDS = ["asyncio", "trio"]


def judged(seed: int, backend: str) -> Tree:
    """A tree that has lived, and was not allowed more than it was given."""
    tree = Tree(seed)
    within(120, f"seed {seed} on {backend}", tree.running, lambda: anyio.run(tree.live, backend=backend))
    problems = [*overspent(tree.simulator, tree.limited), *map(repr, tree.simulator.failures)]
    problems += [refusal.message for refusal in tree.simulator.refusals if refusal.status != 413]
    problems += [f"still open: {row}" for row in tree.simulator.ledger.rows if row.is_open]
    assert problems == [], f"seed {seed}"
    return tree


def runs(result: RunResult[Any]) -> Iterator[RunResult[Any]]:
    """A run and all below it."""
    yield result
    for child in result.children:
        yield from runs(child)


@pytest.mark.parametrize("backend", BACKENDS)
def test_no_budget_is_ever_exceeded(backend: str) -> None:
    trees = [judged(seed, backend) for seed in range(BACKENDS.index(backend), 22, 2)]
    outcomes = Counter(run.outcome for tree in trees for result in tree.results for run in runs(result))
    rows = [row for tree in trees for row in tree.simulator.ledger.rows]
    assert outcomes[Outcome.COMPLETED] > 5, outcomes
    assert outcomes[Outcome.BUDGET_EXHAUSTED] > 5, outcomes
    assert sum(row.status == 200 and not row.is_whole for row in rows) > 10
    assert len(rows) > 150


@pytest.mark.soak
@pytest.mark.parametrize("backend", BACKENDS)
def test_no_budget_of_thousands_of_trees_is_ever_exceeded(backend: str) -> None:
    for seed in range(1_000, 2_500):
        judged(seed, backend)
