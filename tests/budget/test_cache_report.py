"""What the prompt cache did for a run, and why not."""

from __future__ import annotations

import pytest

from agentkit import Agent, Budget, Settings, tool
from agentkit.budget.cache_report import CacheMonitor, CacheReport
from agentkit.budget.usage import Usage
from agentkit.testing import Reply, script

pytestmark = pytest.mark.anyio

LONG = "Be brief, and read with care. " * 300


@tool(effect="read")
def find(word: str) -> int:
    """Find a word."""
    return len(word)


def looking(*words: str) -> list[Reply]:
    return [Reply.tool("find", word=word) for word in words]


async def test_a_run_reads_what_it_wrote() -> None:
    agent = Agent("a", model="claude-haiku-5-5", instructions=LONG, tools=[find])
    with script(*looking("tea", "milk", "bread"), Reply.text("Done.")):
        report = (await agent.run("Go")).cache_report()
    assert report.breaks == ()
    assert report.read_share > 0.7
    assert str(report).endswith("written to it.\nNothing broke the prefix.")


async def test_the_last_turn_is_known_to_break_it() -> None:
    agent = Agent("a", model="claude-haiku-5-5", instructions=LONG, tools=[find], max_turns=3)
    watch = CacheMonitor("a", "5m")
    with script(*looking("tea", "milk"), Reply.text("Done.")) as s:
        result = await agent.run("Go")
    assert s.requests[-1]["tool_choice"] == {"type": "none"}
    assert result.cache_report().breaks == ()  # the server on the desk does not mind
    watch.record_reply(1, Usage(requests=1, cache_write_5m_tokens=2_000))
    watch.expect_break("It was the last turn.")
    watch.record_reply(2, Usage(requests=1, cache_read_tokens=1_500, cache_write_5m_tokens=600))
    watch.record_reply(3, Usage(requests=1, cache_read_tokens=2_100))
    assert [(one.turn, one.missed_tokens, one.reason) for one in watch.breaks] == [(2, 500, "It was the last turn.")]


async def test_another_model_has_a_cache_of_its_own() -> None:
    agent = Agent("a", model="claude-opus-5-5", instructions=LONG, tools=[find], fallback="claude-haiku-5-5")
    with script(*looking("tea"), Reply.refusal("general_harms"), Reply.text("Done.")):
        report = (await agent.run("Go")).cache_report()
    (found,) = report.breaks
    assert (found.agent, found.turn) == ("a", 2)
    assert "claude-haiku-5-5, which has a cache of its own" in str(report)


@pytest.mark.parametrize(("lifetime", "reason"), [("5m", "400 s earlier"), ("1h", "the server had let go of them")])
async def test_a_long_pause_is_known_to_break_it(lifetime: str, reason: str) -> None:
    now = [0.0]
    watch = CacheMonitor("a", lifetime, clock=lambda: now[0])
    watch.record_reply(1, Usage(requests=1, cache_write_5m_tokens=2_000))
    now[0] = 400
    watch.record_reply(2, Usage(requests=1, cache_write_5m_tokens=2_100))
    assert [one.missed_tokens for one in watch.breaks] == [2_000]
    assert reason in watch.breaks[0].reason


async def test_a_server_that_caches_nothing_breaks_nothing() -> None:
    agent = Agent("a", model="claude-haiku-5-5", instructions=LONG, tools=[find], settings=Settings(cache=None))
    with script(*looking("tea"), Reply.text("Done.")):
        report = (await agent.run("Go", budget=Budget(max_requests=9))).cache_report()
    assert (report.breaks, report.read_share) == ((), 0.0)
    assert CacheReport(Usage()).read_share == 0.0


async def test_what_sub_agents_did_is_in_it() -> None:
    child = Agent("reader", model="claude-haiku-5-5", instructions=LONG, tools=[find])
    lead = Agent("lead", model="claude-opus-5-5", instructions=LONG, tools=[child.as_tool()])
    replies = [Reply.tool("reader", objective="Look."), *looking("tea"), Reply.text("There."), Reply.text("Done.")]
    with script(*replies):
        result = await lead.run("Go")
    assert result.cache_report().usage == result.usage
    assert result.cache_report().read_share > 0.3
