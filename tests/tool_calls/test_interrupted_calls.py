"""A call that was under way when its process died: never made twice, whatever has become of its tool since."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import anyio
import pytest

from agentkit import NOT_DONE, Agent, Journal, Outcome, RunContext, UsageError, tool
from agentkit.testing import Reply, script

pytestmark = pytest.mark.anyio

paid: dict[str, int] = {}


def payer(effect: Any = "write", reconcile: Any = None, **options: Any) -> Any:
    @tool(effect=effect, reconcile=reconcile, **options)
    async def pay(ctx: RunContext, amount: int) -> str:
        """Pay."""
        paid[ctx.idempotency_key] = amount
        return "paid now"

    return pay


async def interrupted(path: Path) -> Journal:
    """Return a journal with a run whose process died in the middle of a payment, which took effect."""
    paid.clear()
    agent = Agent("a", model="claude-haiku-5-5", tools=[payer()])
    with script(Reply.tool("pay", amount=5), Reply.text("Done.")):
        await agent.run("Go", journal=path / "whole.db", run_id="r")
    lines = [*Journal(path / "whole.db").export("r")]
    cut = next(i for i, line in enumerate(lines) if '"kind":"tool","phase":"intent"' in line) + 1
    journal = Journal(path / "cut.db")
    journal.import_lines(lines[:cut])
    return journal


async def told(journal: Journal, run_id: str, tools: list[Any]) -> str:
    """Return what the model reads of the call when the run goes on."""
    with script(Reply.text("Done.")) as asked:
        await Agent("a", model="claude-haiku-5-5", tools=tools).resume(run_id, journal=journal)
    return str(asked.requests[0]["messages"][-1]["content"])


async def waits(ctx: RunContext, amount: int) -> object:
    await anyio.sleep(60)
    return NOT_DONE


async def cancels(ctx: RunContext, amount: int) -> object:
    raise asyncio.CancelledError


@pytest.mark.parametrize(
    "tools",
    [
        [],
        [payer()],
        [payer("read")],
        [payer("idempotent")],
        [payer(reconcile=waits, timeout_s=0.1)],
        [Agent("pay", model="claude-haiku-5-5", description="Pays.").as_tool()],
    ],
    ids=["removed", "as before", "only reads now", "idempotent now", "hanging", "a sub-agent now"],
)
async def test_it_is_not_made_again_and_the_model_reads_that(tmp_path: Path, tools: list[Any]) -> None:
    journal = await interrupted(tmp_path)
    assert "Whether the call took effect is not known" in await told(journal, "r", tools)
    assert len(paid) == 1


@pytest.mark.parametrize("anyio_backend", ["asyncio"])
async def test_a_function_that_cancels_itself_finds_nothing_out(tmp_path: Path) -> None:
    journal = await interrupted(tmp_path)
    assert "Whether the call took effect is not known" in await told(journal, "r", [payer(reconcile=cancels)])


async def test_a_copy_of_the_run_is_reconciled_by_the_first_key(tmp_path: Path) -> None:
    async def find(ctx: RunContext, amount: int) -> object:
        return "found" if ctx.idempotency_key in paid else NOT_DONE

    journal = await interrupted(tmp_path)
    journal.fork("r", "copy")
    assert "found" in await told(journal, "copy", [payer(reconcile=find)])
    assert len(paid) == 1


async def test_another_path_to_the_file_is_the_same_journal(tmp_path: Path) -> None:
    (tmp_path / "link.db").symlink_to(tmp_path / "runs.db")
    assert Journal(tmp_path / "link.db").path == Journal(tmp_path / "runs.db").path


async def test_a_file_that_is_removed_meanwhile_pauses_the_run(tmp_path: Path) -> None:
    @tool(effect="read")
    def remove() -> str:
        """Remove the journal."""
        (tmp_path / "runs.db").unlink()
        return "gone"

    agent = Agent("a", model="claude-haiku-5-5", tools=[remove])
    with script(Reply.tool("remove")):
        result = await agent.run("Go", journal=tmp_path / "runs.db", run_id="r")
    assert result.outcome is Outcome.PAUSED
    assert "was removed or replaced" in result.reason


async def test_an_empty_id_is_refused(tmp_path: Path) -> None:
    agent = Agent("a", model="claude-haiku-5-5")
    with pytest.raises(UsageError, match="it is empty"):
        await agent.run("Go", journal=tmp_path / "runs.db", run_id="")
    with pytest.raises(UsageError, match="give the id of the run"):
        await agent.resume("", journal=tmp_path / "runs.db")


async def test_a_run_that_has_ended_comes_back_under_another_limit_of_turns(tmp_path: Path) -> None:
    def agent(max_turns: int) -> Agent[None, str, str]:
        return Agent("a", model="claude-haiku-5-5", tools=[payer("read")], max_turns=max_turns)

    with script(Reply.tool("pay", amount=1), Reply.text("The best so far.")):
        first = await agent(2).run("Go", journal=tmp_path / "runs.db", run_id="r")
    for max_turns in (1, 9):
        again = await agent(max_turns).resume("r", journal=tmp_path / "runs.db")
        assert (again.outcome, again.answer, again.messages) == (first.outcome, first.answer, first.messages)
