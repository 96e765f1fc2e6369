"""The event of a verdict."""

from __future__ import annotations

from dataclasses import dataclass

from agentkit.messages.message import JSONObject
from agentkit.run.events import Event
from agentkit.run.guardrails.verdicts import VerdictRecord, verdict_to_json


@dataclass(frozen=True, slots=True, kw_only=True)
class VerdictGiven(Event):
    """A guardrail has given its verdict, and what follows from it has been done."""

    record: VerdictRecord
    """The verdict, with its circumstances."""

    def to_json(self) -> JSONObject:
        """See `Event.to_json`. The verdict has its name as `kind`."""
        value = Event.to_json(self)
        value["record"]["verdict"] = verdict_to_json(self.record.verdict)
        return value
