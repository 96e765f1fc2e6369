"""Levels of a run: which of them have ended, and which records count as spending."""

from __future__ import annotations

import pytest

from agentkit import Journal, Step
from agentkit.journal.levels import has_ended, prefix_of
from agentkit.messages.message import JSONObject
from tests.journal.scenes import returning


def test_a_run_ends_with_the_runs_above_it_and_a_further_try_is_not_below_the_first() -> None:
    assert [prefix_of(name) for name in ("end", "tool:a/end", "tool:a/tool:b/model:1")] == [
        "",
        "tool:a/",
        "tool:a/tool:b/",
    ]
    assert has_ended("tool:a/tool:b/", {"end"})
    assert has_ended("tool:a/tool:b/", {"tool:a/end"})
    assert not has_ended("tool:a/tool:b/", {"tool:a", "tool:b/end"})
    for prefix in ("tool:a/try:2/", "tool:a/try:2/tool:b/"):
        assert not has_ended(prefix, {"tool:a/end"})
        assert has_ended(prefix, {"tool:a/try:2/end"})
    assert has_ended("x/tool:a/try:2/", {"tool:a/end", "x/end"})


@pytest.mark.anyio
async def test_what_the_end_of_a_run_has_is_not_counted_beside_it(journal: Journal) -> None:
    """A request that was announced and then cut off: by the end of the sub-agent, then by that of the run."""
    charge: JSONObject = {"model": "claude-haiku-5-5", "price": [1.0, 5.0, 0], "usage": {"input_tokens": 1_000_000}}
    most = {**charge, "usage": {"input_tokens": 3_000_000}}
    costs: list[float | None] = []
    async with journal.open_run("r") as steps:
        below = steps.under(steps.reserve(Step("tool:a", "agent", position=1)))
        for one in (below, steps):
            await one.announce(one.reserve(Step("model:1", "model")), {"charges": [most]})
            costs.append(journal.runs()[0].cost_usd)
            await one.run(one.reserve(Step("end", "end")), returning({"outcome": "cancelled", "charges": [charge]}))
            costs.append(journal.runs()[0].cost_usd)
    assert costs == [3.0, 1.0, 4.0, 2.0]
    async with journal.open_run("r") as steps:
        assert len(steps.recorded_charges()) == 2
        assert len(steps.under(steps.reserve(Step("tool:a", "agent", position=1))).recorded_charges()) == 1
