"""The input of a run as its first step: what was sent, and what a later execution has to have in common with it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Generic, cast

from agentkit.budget.budget import Budget
from agentkit.errors import RunConflict, UsageError
from agentkit.run.agent_spec import AgentSpec, Deps, In, Out
from agentkit.run.steps import Step, recorded_value, run_step

if TYPE_CHECKING:
    from agentkit.messages.message import Content, JSONObject
    from agentkit.redaction.redactor import Redactor
    from agentkit.run.input import Part
    from agentkit.run.scope import RunScope
    from agentkit.run.steps import Steps


class FromJournal:
    """The prompt of a run that was recorded: it is not given again."""


FROM_JOURNAL = FromJournal()


@dataclass(frozen=True, slots=True)
class RunInput(Generic[Deps, In, Out]):
    """The input of one run, for durable steps."""

    spec: AgentSpec[Deps, In, Out]
    prompt: In | str | Sequence[Part] | FromJournal
    before: str = ""
    """The hash of the conversation before the run. Empty: there is none."""
    budget: Budget | None = None
    """The budget of the run. None: it has none of its own."""

    async def content(self, scope: RunScope, redactor: Redactor) -> Content:
        """Return the content of the prompt without secrets: as it was sent by an earlier execution.

        Raises:
            RunConflict: The run was recorded with another agent, input or conversation.
            UsageError: There is no prompt, neither given nor recorded.
        """

        async def effect() -> JSONObject:
            if isinstance(self.prompt, FromJournal):
                raise UsageError(
                    f"The journal has no prompt of the run {scope.run_id!r}: start it with one, `run(...)`."
                )
            content = redactor.content(self.spec.input_spec.to_content(self.prompt))
            budget = None if self.budget is None else asdict(self.budget)
            limits = [self.spec.max_turns, self.spec.output_retries]
            return {**self._identity(), "budget": budget, "limits": limits, "content": content}

        recorded = await run_step(scope.steps, "input", "input", effect)
        if scope.parent_call_id is None:
            self._check(recorded, scope.run_id)
        return cast("Content", recorded["content"])

    def _identity(self) -> JSONObject:
        given = "" if isinstance(self.prompt, FromJournal) else self.spec.input_spec.digest(self.prompt)
        return {"agent": self.spec.name, "given": given, "before": self.before}

    def _check(self, recorded: JSONObject, run_id: str) -> None:
        now = self._identity()
        if recorded["agent"] != now["agent"]:
            what = f"is one of the agent {recorded['agent']!r}, not of {now['agent']!r}"
        elif now["given"] and recorded["given"] != now["given"]:
            what = "began with another prompt"
        elif recorded["before"] != now["before"]:
            what = "belongs to a conversation with other messages before it"
            if recorded["before"]:
                what += (
                    f". To go on with it, load these, as `save()` gave them, and send its message again, "
                    f"`agent.conversation(saved).send(prompt, journal=..., run_id={run_id!r})`, or call "
                    f"`agentkit runs resume {run_id} --conversation FILE`"
                )
        else:
            return
        raise RunConflict(f"The run {run_id!r} in the journal {what}. Give this one another `run_id`.")


async def recorded_budget(steps: Steps) -> Budget | None:
    """Return the budget with which an earlier execution has started a run. None: it had none, or there was none."""
    value = await recorded_value(steps, steps.reserve(Step("input", "input")))
    return None if value is None or value["budget"] is None else Budget(**value["budget"])


def was_started(steps: Steps) -> bool:
    """Return True if an earlier execution has recorded the input of a run."""
    return steps.reserve(Step("input", "input")).is_recorded
