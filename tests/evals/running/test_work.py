"""The work of an attempt counts every run once, and knows what the infrastructure ended."""

from dataclasses import replace
from typing import Any

from agentkit.evals.running.work import Work, own_part
from agentkit.run.outcome import Outcome
from agentkit.run.result import RunResult


def run(agent: str, *children: RunResult[object], outcome: Outcome = Outcome.COMPLETED) -> RunResult[object]:
    messages: list[dict[str, Any]] = [{"role": "user", "content": agent}, {"role": "assistant", "content": []}]
    return RunResult(run_id=agent, agent=agent, outcome=outcome, reason="down", children=children, messages=messages)


def test_transcripts_of_sub_agents_have_paths_and_numbers() -> None:
    work = Work(runs=[run("lead", run("reader"), run("reader", run("scout"))), run("lead", run("reader"))])
    assert list(work.sub_transcripts()) == ["lead/reader#1", "lead/reader#2", "lead/reader/scout#1", "lead/reader#3"]
    below = Work(runs=[run("reader", run("scout"))], is_pipeline=True)
    assert list(below.sub_transcripts()) == ["reader#1", "reader/scout#1"]


def test_a_failure_anywhere_is_one_of_the_infrastructure() -> None:
    failed = run("scout", outcome=Outcome.FAILED)
    assert Work(runs=[run("lead", failed)]).infrastructure_failure == "the run of lead/scout ended failed: down"
    assert Work(users_runs=[failed]).infrastructure_failure.startswith("the run of user/scout")
    ended = replace(run("scout", outcome=Outcome.BUDGET_EXHAUSTED), reason="The budget of the run is used up.")
    work = Work(runs=[run("lead", ended)])
    assert (work.infrastructure_failure, work.was_cut_by("the run"), work.was_cut_by("the lead")) == ("", True, False)


def test_a_run_of_a_conversation_keeps_its_own_messages() -> None:
    assert own_part(run("a"), 0).messages == run("a").messages
    assert [message["role"] for message in own_part(run("a"), 1).messages] == ["assistant"]
