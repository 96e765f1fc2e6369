"""Planted facts come through all stages, each with messages that exist, and what the models get wrong is counted."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from pathlib import Path

import anyio
import pytest
from pydantic import BaseModel, Field, field_validator

from agentkit import Agent, tool
from agentkit.patterns import FunnelProgress, FunnelResult, MailIndex, Profile, funnel
from agentkit.simulator import Simulator
from agentkit.simulator.offline import OfflineResponder
from agentkit.testing import script
from benchmarks.planted_mail import BETTER_QUERIES, GOAL, Fact, ScriptedModels, plant_facts, planted_mailbox

pytestmark = pytest.mark.anyio

FACTS = plant_facts(20)


class Facts(BaseModel):
    """The facts about Anna."""

    people: list[str] = Field(description="Who is who.")
    recurring: list[str] = Field(description="What recurs.")
    changes: list[str] = Field(description="What changed.")


@asynccontextmanager
async def planted(folder: Path, facts: list[Fact] = FACTS, noise: int = 20) -> AsyncGenerator[MailIndex]:
    """Yield an index of a mailbox with facts, in a folder."""
    box = folder / f"{len(facts)}.mbox"
    await anyio.Path(box).write_bytes(planted_mailbox(facts, noise))
    async with MailIndex.open(folder / "mail.db") as index:
        await index.add(box)
        yield index


def recalled(result: FunnelResult[BaseModel], facts: list[Fact] = FACTS) -> set[str]:
    """Return the marks of the facts that a statement says, and its quotes as well."""
    return {
        fact.mark
        for fact in facts
        for one in result.statements
        if fact.mark in one.text and any(fact.mark in quote.quote for quote in one.quotes)
    }


async def check_messages(index: MailIndex, result: FunnelResult[BaseModel]) -> None:
    """Check that each statement stands on messages that exist, in which its quotes stand."""
    for statement in result.statements:
        assert statement.messages
        for quote in statement.quotes:
            text = (await index.message(quote.document)).text
            assert text[quote.start : quote.end] == quote.quote


async def test_every_planted_fact_comes_through_with_its_message(tmp_path: Path) -> None:
    models, steps = ScriptedModels(FACTS), list[FunnelProgress]()
    async with planted(tmp_path) as index:
        with script(models):
            result = await funnel(index, GOAL, outline=Facts, progress=steps.append)
        await check_messages(index, result)
    assert result.ok, result.reason
    assert recalled(result) == {fact.mark for fact in FACTS}
    assert isinstance(result.profile, Facts)
    assert sorted(entry for entry in result.profile.people if "[" in entry) == []
    assert len(result.profile.people) == 8
    stages = {stage.name: stage for stage in result.stages}
    assert [*stages] == ["queries", "search", "filter", "evidence", "reduction", "writing"]
    assert (stages["search"].in_, stages["search"].out) == (120, 60)
    assert (stages["filter"].in_, stages["filter"].out, stages["filter"].share) == (20, 20, 1.0)
    assert (stages["writing"].in_, stages["writing"].out) == (20, 20)
    assert sum(stage.cost.usd or 0 for stage in result.stages) == pytest.approx(result.cost.usd)
    assert result.plan.max_cost_usd is not None
    assert result.cost.usd is not None
    assert (result.plan.min_cost_usd or 0) < result.cost.usd < result.plan.max_cost_usd
    assert (result.plan.documents, result.actual.documents, result.dropped) == (20, 20, 0)
    assert [step.report for step in steps if step.report] == [*result.stages]
    assert [one.query for one in result.queries] == BETTER_QUERIES
    asked = [str(request["messages"]) for stage, request in models.requests if stage == "queries"]
    assert len(asked) == 3
    assert "are, at character 17 of the query" in asked[1], "a bad query goes back with the place and the reason"
    assert "- person:anna: 60 messages in 20 threads" in asked[2], "it sees what its queries find"


async def test_what_readers_and_writer_get_wrong_is_dropped_and_counted(tmp_path: Path) -> None:
    models = ScriptedModels(FACTS, filter_misses=0.2, reader_misses=0.2, false_quotes=0.3, unsupported=0.3)
    async with planted(tmp_path) as index:
        with script(models):
            result = await funnel(index, GOAL, outline=Facts)
        await check_messages(index, result)
    filtered = [fact for fact in FACTS if fact not in models.errs("filter", 0.2)]
    left = [fact for fact in filtered if fact not in models.errs("reader", 0.2)]
    assert 5 < len(left) < 18
    assert recalled(result) == {fact.mark for fact in left}
    false = [fact for fact in filtered if fact in models.errs("false", 0.3)]
    bare = [fact for fact in left if fact in models.errs("writer", 0.3)]
    assert result.dropped == len(false) + len(bare) > 3
    assert result.profile is not None
    assert not any("kind" in entry for entry in (*result.profile.people, *result.profile.changes))
    assert "Nobody says so" not in str(result)


async def test_a_section_that_the_outline_refuses_costs_no_other(tmp_path: Path) -> None:
    class Refusing(Facts):
        @field_validator("people")
        @classmethod
        def refuse(cls, value: list[str]) -> list[str]:
            return value and [{"nobody": one}[one] for one in value]

    models = ScriptedModels(FACTS)
    async with planted(tmp_path) as index:
        with script(models):
            result = await funnel(index, GOAL, outline=Refusing)
    assert isinstance(result.profile, Refusing)
    assert (result.profile.people, bool(result.profile.changes)) == ([], True)
    assert [(gap.document, gap.reason) for gap in result.gaps] == [
        ("section people", "the outline refuses it: could not be checked (KeyError)")
    ]
    assert not result.ok
    assert recalled(result) == {fact.mark for fact in FACTS}
    assert (result.cost.usd or 0) > 0


async def test_a_thread_is_sent_once_without_quoted_replies_and_repeated_signatures(tmp_path: Path) -> None:
    models = ScriptedModels(FACTS[:1])
    async with planted(tmp_path, FACTS[:1], 0) as index:
        with script(models):
            result = await funnel(index, GOAL, outline=Facts)
    (prompt,) = [str(request["messages"]) for stage, request in models.requests if stage == "evidence"]
    assert prompt.count(FACTS[0].sentence) == prompt.count("+49 30 1234") == 1
    assert result.ok


async def test_agents_get_no_tools_and_keep_their_instructions(tmp_path: Path) -> None:
    @tool(effect="write")
    def send_money(to: str) -> str:
        """Send money."""
        raise AssertionError(to)

    reader = Agent("reader", model="claude-haiku-5-5", instructions="Be strict.", tools=[send_money])
    writer = Agent("writer", model="claude-opus-5-5", instructions=lambda ctx: "Be short.", tools=[send_money])
    models = ScriptedModels(FACTS)
    async with planted(tmp_path, FACTS[:3], 0) as index:
        with script(models):
            result = await funnel(index, GOAL, outline=Facts, reader=reader, writer=writer)
    assert result.ok
    assert not any(request.get("tools") for _, request in models.requests)
    said = {stage: str(request["system"]) for stage, request in models.requests}
    assert all(("Be strict." in said[stage]) == (stage in ("filter", "evidence")) for stage in said)
    assert all(("Be short." in said[stage]) == (stage in ("queries", "writing")) for stage in said)


async def test_the_offline_responder_plays_all_stages(tmp_path: Path) -> None:
    async with planted(tmp_path) as index:
        result = await funnel(index, GOAL, client=Simulator(OfflineResponder()).client())
        await check_messages(index, result)
    assert result.ok, result.reason
    assert isinstance(result.profile, Profile)
    assert result.profile.people
    assert {one.section for one in result.statements} == {*Profile.model_fields}
