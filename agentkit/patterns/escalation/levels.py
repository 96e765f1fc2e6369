"""The levels of a cascade: agents in the order in which they are tried, each with its name and its checks."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Generic, TypeAlias, cast

from agentkit.agents.agent import Agent
from agentkit.agents.escalation import escalated
from agentkit.errors import DefinitionError
from agentkit.messages.message import JSON, encode
from agentkit.patterns.escalation.checks import Check, PreparedChecks, prepare_checks, short_hash
from agentkit.patterns.kept_results import agent_fingerprint
from agentkit.run.agent_spec import In, Out
from agentkit.run.delegation_terms import Escalate, model_id


@dataclass(frozen=True)
class Level(Generic[In, Out]):
    """A level with checks of its own, in place of those of the cascade."""

    worker: Agent[Any, In, Out] | Escalate
    """The agent, or the escalation from the level before."""
    check: Check | None
    """Its checks. None: an answer of the output type is enough, which is only right where nothing else can be done."""


AnyLevel: TypeAlias = Agent[Any, In, Out] | Escalate | Level[In, Out]
"""An agent; an escalation from the level before, to another model or more effort; or either with checks of its own."""


@dataclass(frozen=True, slots=True)
class PreparedLevel(Generic[In, Out]):
    """A level with its agent and checks."""

    name: str
    """The model with its effort, and where two are the same the agent's name."""
    agent: Agent[Any, In, Out]
    checks: PreparedChecks

    @property
    def id(self) -> str:
        """An id that differs for levels that may answer other things."""
        return short_hash(self.agent.name, agent_fingerprint(self.agent))

    def plain(self, answer: Out) -> JSON:
        """Return an answer of its agent as JSON."""
        return answer if isinstance(answer, str) else self.agent.output_spec.form.inner.dump(answer)

    def text(self, answer: Out) -> str:
        """Return an answer of its agent as text."""
        plain = self.plain(answer)
        return plain if isinstance(plain, str) else encode(plain).decode()


def prepare_levels(levels: Sequence[AnyLevel[In, Out]], check: Check | None) -> tuple[PreparedLevel[In, Out], ...]:
    """Return the levels with their agents. Raises DefinitionError for what cannot work, with its place."""
    if not isinstance(cast("object", levels), list | tuple) or not levels:
        raise DefinitionError(
            "cascade(levels=...): it takes a list, the cheapest first: "
            '[Agent("worker", model="claude-haiku-5-5"), Escalate("claude-opus-5-5")].'
        )
    shared = prepare_checks(check)
    agents: list[Agent[Any, In, Out]] = []
    checks: list[PreparedChecks] = []
    for number, level in enumerate(levels):
        worker = level.worker if isinstance(level, Level) else level
        checks.append(prepare_checks(level.check) if isinstance(level, Level) else shared)
        if isinstance(worker, Agent):
            agents.append(worker)
        elif not isinstance(cast("object", worker), Escalate):
            raise DefinitionError(f"cascade(levels=...): {worker!r}, level {number}, is no Agent and no Escalate.")
        elif not agents:
            raise DefinitionError(f"cascade(levels=...): the first level is an Agent, not {worker!r}.")
        else:
            agents.append(escalated(agents, worker))
    if (unchecked := _first_unchecked(agents, checks)) is not None:
        raise DefinitionError(
            f"cascade(check=...): nothing checks the text of Agent({unchecked!r}), so that any would do. Give a "
            "function, a grader or an Agreement, or the agent an output type."
        )
    names = _names(agents)
    return tuple(PreparedLevel(*one) for one in zip(names, agents, checks, strict=True))


def _first_unchecked(agents: Sequence[Agent[Any, In, Out]], checks: Sequence[PreparedChecks]) -> str | None:
    """Return the agent before the last level whose text nothing checks. None: there is none."""
    for agent, own in list(zip(agents, checks, strict=True))[:-1]:
        if agent.output_spec.is_text and not own.checks and own.agreement is None:
            return agent.name
    return None


def _names(agents: Sequence[Agent[Any, In, Out]]) -> list[str]:
    efforts = {agent.settings.effort for agent in agents}
    names = [
        f"{model_id(agent.model)} ({agent.settings.effort})" if agent.settings.effort and len(efforts) > 1
        else model_id(agent.model)
        for agent in agents
    ]  # fmt: skip
    pairs = list(zip(names, agents, strict=True))
    named = [f"{name}, {agent.name}" if names.count(name) > 1 else name for name, agent in pairs]
    return [f"{name} #{number}" if named.count(name) > 1 else name for number, name in enumerate(named, 1)]
