"""Escalation: which agent comes after which, and what it is shown of the tries before it."""

from __future__ import annotations

from dataclasses import dataclass

import pytest

from agentkit import Agent, Budget, DefinitionError, Document, Escalate, Guardrail, Outcome, Pass, Price, Seen, Settings
from agentkit.agents.escalation import FailedTry, agents_to_try, with_failures
from agentkit.messages.message import JSONObject
from agentkit.run.delegation_terms import Terms
from agentkit.testing import Reply, script
from tests.agents.delegating import lead, play, reader, told

pytestmark = pytest.mark.anyio

HAIKU, SONNET, OPUS = "claude-haiku-5-5", "claude-sonnet-5-5", "claude-opus-5-5"


@dataclass
class Query:
    words: list[str]


def prompts_of_child(requests: list[JSONObject]) -> list[str]:
    return [str(one["messages"][0]["content"]) for one in requests if one["model"] != OPUS]


def test_each_escalation_goes_on_from_the_one_before() -> None:
    agent = Agent("a", model=HAIKU, settings=Settings(effort="low", max_tokens=99), price=Price(input=1, output=2))
    steps = [Escalate(effort="high"), Escalate(SONNET), Escalate(OPUS, effort="max"), Escalate(effort="xhigh")]
    tried = agents_to_try(agent, Terms[str](on_failure=steps))
    assert [(one.model, one.settings.effort) for one in tried] == [
        (HAIKU, "low"), (HAIKU, "high"), (SONNET, "low"), (OPUS, "max"), (OPUS, "xhigh"),
    ]  # fmt: skip
    assert [one.price is None for one in tried] == [False, False, True, True, True]
    assert {one.settings.max_tokens for one in tried} == {99}
    assert agents_to_try(agent, Terms[str](on_failure="retry")) == [agent, agent]
    with pytest.raises(DefinitionError, match="goes nowhere: name a model"):
        Escalate()


async def test_each_model_is_shown_what_failed_before_and_why_within_one_budget() -> None:
    tool = reader.as_tool(
        verify=lambda text: None if text == "Green tea." else "It has to name the tea.",
        on_failure=[Escalate(effort="high"), Escalate(SONNET)],
    )
    wrong, refused = [Reply.text("Tea, [1].")] * 3, Reply.refusal("I will not.")
    with script(play(*wrong, refused, Reply.text("Green tea."))) as api:
        result = await lead(tool).run("Go")
    assert told(api)["content"] == "Green tea."
    assert [child.outcome for child in result.children] == [
        Outcome.INVALID_OUTPUT, Outcome.REFUSED, Outcome.COMPLETED,
    ]  # fmt: skip
    first, _, _, second, third = prompts_of_child(api.requests)
    assert "Read." in first
    assert "attempt" not in first
    for text in ("Read.", f"Attempt 1, by {HAIKU}", "Tea, [1].", "It has to name the tea."):
        assert text in second
        assert text in third
    assert "I will not." in third
    assert "refused" in third
    assert result.usage.requests == 7


async def test_a_retry_is_shown_nothing_and_no_money_means_no_further_try() -> None:
    with script(play(Reply.refusal("No."), Reply.text("Tea."))) as api:
        await lead(reader.as_tool(on_failure="retry")).run("Go")
    first, second = prompts_of_child(api.requests)
    assert first == second
    with script(play(Reply.refusal("No."))) as api:
        tool = reader.as_tool(budget=Budget(max_requests=1), on_failure=[Escalate(SONNET), Escalate(OPUS)])
        result = await lead(tool).run("Go")
    assert [child.outcome for child in result.children] == [Outcome.REFUSED, Outcome.BUDGET_EXHAUSTED]


async def test_a_reply_that_no_guardrail_has_passed_is_not_shown() -> None:
    async def passes(seen: Seen) -> Pass:
        return Pass()

    guarded = Agent("reader", model=HAIKU, guardrails=[Guardrail(passes, on="output")], output_retries=0)
    tool = guarded.as_tool(verify=lambda text: None if "green" in text else "No.", on_failure=Escalate(SONNET))
    with script(play(Reply.text("The secret tea."), Reply.text("The green tea."))) as api:
        await lead(tool).run("Go")
    assert "secret" not in prompts_of_child(api.requests)[1]


@pytest.mark.parametrize("prompt", ["Read.", Query(["tea"]), [Document("a", "Tea."), "Read."], ["Read."]])
def test_every_form_of_a_prompt_takes_what_failed(prompt: object) -> None:
    agent = Agent("a", model=HAIKU, input=Query, render=lambda query: f"Find {query.words}.")
    failure = FailedTry(HAIKU, "\ud800" + "why " * 9_999, "</answer>")
    shown = agent.input_spec.to_content(with_failures(agent, prompt, [failure]))  # type: ignore[arg-type]
    assert isinstance(shown, list)
    before = agent.input_spec.to_content(prompt)  # type: ignore[arg-type]
    assert len(shown) == (1 if isinstance(before, str) else len(before)) + 1
    assert len(shown[-1]["text"]) < 5_000
    assert with_failures(agent, prompt, []) is prompt
