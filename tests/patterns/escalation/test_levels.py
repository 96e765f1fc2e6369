"""The levels: which agents they stand for, and names that tell them apart."""

from __future__ import annotations

from agentkit import Agent, Escalate, Settings
from agentkit.patterns import Level
from agentkit.patterns.escalation.levels import prepare_levels
from tests.patterns.escalation.workers import HAIKU, OPUS, is_good, worker


def test_names_tell_the_levels_apart() -> None:
    def names(*levels: Agent[None, str, str] | Escalate | Level[str, str]) -> list[str]:
        return [level.name for level in prepare_levels(levels, is_good)]

    other = Agent("other", model=HAIKU)
    assert names(worker, Escalate(OPUS)) == [HAIKU, OPUS]
    assert names(worker, Escalate(effort="high"), Escalate(OPUS)) == [HAIKU, f"{HAIKU} (high)", OPUS]
    assert names(worker, other) == [f"{HAIKU}, worker", f"{HAIKU}, other"]
    assert names(worker, worker) == [f"{HAIKU}, worker #1", f"{HAIKU}, worker #2"]
    quick = Agent("quick", model=HAIKU, settings=Settings(effort="low"))
    assert names(quick, Level(Escalate(OPUS), None)) == [f"{HAIKU}", OPUS]


def test_an_id_differs_where_the_answers_may() -> None:
    ids = [level.id for level in prepare_levels([worker, Escalate(effort="high"), Escalate(OPUS)], is_good)]
    assert len({*ids}) == 3
