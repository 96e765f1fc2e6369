"""Escalation: the agents that are tried one after another, and what each is shown of the failed tries before it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, TypeVar

from agentkit.agents.output_checks import is_pointer_only
from agentkit.messages.fence import FENCE_RULE, fence
from agentkit.messages.message import text_of
from agentkit.run.agent_spec import AnySpec, Out
from agentkit.run.delegation_terms import Escalate, Terms, model_id
from agentkit.run.outcome import Outcome
from agentkit.tools.serialization import replace_unsendable

if TYPE_CHECKING:
    from agentkit.models.model import Model
    from agentkit.run.input import Part
    from agentkit.run.result import RunResult

SpecT = TypeVar("SpecT", bound=AnySpec)
Prompt = TypeVar("Prompt")

_MAX_REPLY_CHARS = 4_000
"""The most characters of a failed try's reply, or of the reason against it, that another model reads."""
_OUTCOMES_NOT_RETRIED = (Outcome.BUDGET_EXHAUSTED, Outcome.CANCELLED, Outcome.BLOCKED, Outcome.PAUSED)
"""Outcomes without another try: no money or time is left, a guardrail has said no, or the run goes on later."""


def may_try_again(result: RunResult[Out]) -> bool:
    """Return True if another try might give an answer that this one did not give."""
    return result.outcome not in _OUTCOMES_NOT_RETRIED


def replace_model(agent: SpecT, model: str | Model) -> SpecT:
    """Return the agent with another model, and without its own price, which does not hold for that model."""
    return replace(agent, model=model, price=None)


def escalated(agents: Sequence[SpecT], escalation: Escalate) -> SpecT:
    """Return the agent that an escalation stands for, after these: the last one's model, the first one's effort."""
    first, last = agents[0], agents[-1]
    agent = replace_model(first, escalation.model) if escalation.model is not None else last
    effort = escalation.effort or first.settings.effort
    return agent if effort == agent.settings.effort else replace(agent, settings=replace(agent.settings, effort=effort))


def agents_to_try(agent: SpecT, terms: Terms[Out]) -> list[SpecT]:
    """Return the agents to try, one after another, under these terms."""
    agents = [agent, agent] if terms.on_failure == "retry" else [agent]
    for escalation in terms.escalations:
        agents.append(escalated(agents, escalation))
    return agents


@dataclass(frozen=True, slots=True)
class FailedTry:
    """A try that failed, as the next one is shown it."""

    by: str
    """The model that was tried."""
    reason: str
    """The reason why it failed."""
    reply: str = ""
    """Its answer, or its last words. Empty: there are none, or they may not be shown."""

    @classmethod
    def of(cls, agent: AnySpec, result: RunResult[Out]) -> FailedTry:
        """Return the failed try of a run without an answer."""
        reason = f"It ended without an answer ({result.outcome}). {result.reason}".rstrip()
        return cls(model_id(agent.model), reason, last_reply_text(agent, result))


def with_failures(agent: AnySpec, prompt: Prompt, failures: Iterable[FailedTry]) -> Prompt | list[Part]:
    """Return the prompt with the tries that failed before behind it; without any, the prompt as it is.

    Raises UsageError for a prompt that the agent does not take.
    """
    shown = [_render(number, one) for number, one in enumerate(failures, 1)]
    if not shown:
        return prompt
    head = (
        "Earlier attempts at this were not accepted. Do it anew and do it right: neither repeat what was wrong with "
        f"them, nor speak of them. Each of their texts {FENCE_RULE}."
    )
    content = agent.input_spec.to_content(prompt)
    parts: list[Part] = [content] if isinstance(content, str) else [*content]
    return [*parts, "\n\n".join([head, *shown])]


def _render(number: int, failed: FailedTry) -> str:
    lines = [f"Attempt {number}, by {failed.by}."]
    if failed.reply:
        lines += ["Its answer:", fence(_shortened(failed.reply), "answer")]
    return "\n".join([*lines, "Why it was not accepted:", fence(_shortened(failed.reason), "reason")])


def _shortened(text: str) -> str:
    cut = text if len(text) <= _MAX_REPLY_CHARS else f"{text[:_MAX_REPLY_CHARS]} [cut off here]"
    return replace_unsendable(cut)[0]


def last_reply_text(agent: AnySpec, result: RunResult[Out]) -> str:
    """Return the last reply of a run with content of its own, cut to a maximum length. Empty: there is none.

    The last reply of an agent whose output is checked by a guardrail is left out: it was not checked.
    """
    if any("output" in guardrail.places for guardrail in agent.guardrails):
        return ""
    turns = (text_of(one["content"]).strip() for one in reversed(result.messages) if one["role"] == "assistant")
    return _shortened(next((text for text in turns if text and not is_pointer_only(text)), ""))
