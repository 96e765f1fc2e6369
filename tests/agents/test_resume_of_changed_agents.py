"""Runs resumed by an agent, or from a journal, that is not what it was: what fits is used, the rest is said clearly."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from agentkit import Agent, Failed, Journal, Outcome, RunConflict, UsageError
from agentkit.testing import Reply, script
from tests.journal.scenes import files

pytestmark = pytest.mark.anyio


@dataclass
class Order:
    item: str


@dataclass
class Priced:
    price: int


def agent(output: Any, **options: Any) -> Agent[Any, Any, Any]:
    return Agent("clerk", model="claude-haiku-5-5", output=output, **options)


async def test_a_journal_that_does_not_exist_is_said_and_not_created(tmp_path: Path) -> None:
    for path in (tmp_path / "runs.db", tmp_path / "nowhere" / "runs.db"):
        for again in (False, True):
            with pytest.raises(UsageError, match=r"no run `r`, and no journal `.*runs\.db`"):
                await agent(str).resume("r", journal=path, again=again)
    assert files(tmp_path) == []


@pytest.mark.parametrize(
    ("before", "reply", "now", "expected"),
    [
        (Order, Reply.output({"item": "tea"}), Priced, "of the type Order, which does not fit Priced.*price: missing"),
        (Order, Reply.output({"item": "tea"}), str, "of the type Order, which does not fit str"),
        (str, Reply.text("Tea."), Order, "of the type str, which does not fit Order"),
        (int, Reply.output(4), str, "of the type int, which does not fit str"),
        (dict[str, int], Reply.output({"tea": 4}), list[str], r"type dict\[str, int\], which does not fit list\[str\]"),
        (dict[str, int], Reply.output({"tea": 4}), str, r"of the type dict\[str, int\], which does not fit str"),
        (int, Reply.output(4), float, 4.0),
        (int, Reply.output(4), int | None, 4),
    ],
)
async def test_a_recorded_answer_is_of_the_type_of_now_or_a_conflict(
    before: Any, reply: Reply, now: Any, expected: object, tmp_path: Path
) -> None:
    journal = Journal(tmp_path / "runs.db")
    with script(reply):
        await agent(before).run("Go", journal=journal, run_id="r")
    if not isinstance(expected, str):
        assert (await agent(now).resume("r", journal=journal)).output == expected
        return
    with pytest.raises(RunConflict, match=f"(?s){expected}"):
        await agent(now).resume("r", journal=journal)
    with pytest.raises(RunConflict, match=expected.partition(".*")[0]):
        async with agent(now).stream("Go", journal=journal, run_id="r") as run:
            [_ async for _ in run]
    assert (await agent(before).resume("r", journal=journal)).ok
    journal.fork("r", "r-2", before="model:1")  # as the error says
    with script(
        Reply.text("Tea.")
        if now is str
        else Reply.output({Priced: {"price": 4}, list[str]: ["4"]}.get(now, {"item": "tea"}))
    ):
        assert (await agent(now).resume("r-2", journal=journal)).ok


async def test_items_of_a_fan_out_that_do_not_fit_are_said_one_by_one(tmp_path: Path) -> None:
    with script(lambda request: Reply.output({"item": "tea"} if "0" in str(request["messages"]) else {"item": "milk"})):
        await agent(Order).map(["0", "1"], journal=tmp_path / "runs.db", run_id="m")
    found = await agent(Priced).map(["0", "1"], journal=tmp_path / "runs.db", run_id="m")
    assert all(isinstance(one, Failed) and "does not fit Priced" in one.reason for one in found)


async def test_an_interrupted_run_asks_for_the_output_type_of_now(tmp_path: Path) -> None:
    """Its earlier reply does not fit, so it is asked again: in the form of now, as every later execution is."""
    cases: list[tuple[Any, Reply, Any, Reply, str]] = [
        (Order, Reply.output({"item": "tea"}), Priced, Reply.output({"price": 4}), '"price"'),
        (str, Reply.text("Tea."), Order, Reply.output({"item": "tea"}), '"item"'),
        (Order, Reply.output({"item": "tea"}), dict[str, int], Reply.text('{"tea": 4}'), "has to be JSON from now on"),
        (
            dict[str, int],
            Reply.output({"tea": 4}),
            dict[str, str],
            Reply.output({"tea": "4"}),
            "has changed. It is now",
        ),
    ]
    for number, (before, first, now, second, sign) in enumerate(cases):
        whole, cut = Journal(tmp_path / f"{number}.db"), Journal(tmp_path / f"{number}-cut.db")
        with script(first):
            await agent(before).run("Go", journal=whole, run_id="r")
        cut.import_lines([line for line in whole.export("r") if '"name":"end"' not in line])
        with script(second) as asked:
            again = await agent(now).resume("r", journal=cut)
        assert again.outcome is Outcome.COMPLETED
        (request,) = asked.requests
        assert sign in str([request["messages"][-1], request.get("output_config")]).replace("'", '"')
        assert (await agent(now).resume("r", journal=cut)).output == again.output


async def test_a_sub_agent_of_another_type_says_why_it_has_no_answer(tmp_path: Path) -> None:
    def lead(output: Any) -> Agent[Any, Any, str]:
        return Agent("lead", model="claude-opus-5-5", tools=[agent(output).as_tool()])

    replies = [Reply.tool("clerk", objective="Tea"), Reply.output({"item": "tea"}), Reply.text("Done.")]
    with script(*replies):
        await lead(Order).run("Go", journal=tmp_path / "runs.db", run_id="r")
    again = await lead(Priced).resume("r", journal=tmp_path / "runs.db")
    assert again.output == "Done."
    assert again.children[0].answer is None
    assert "does not fit the output type" in again.children[0].reason
