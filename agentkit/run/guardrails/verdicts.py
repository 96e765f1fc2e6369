"""The verdicts of a guardrail, and the record of one: who gave it on what, how long it took and what it cost."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import ClassVar, Literal, TypeAlias, cast

from agentkit.budget.usage import Cost
from agentkit.errors import UsageError
from agentkit.messages.message import JSON, JSONObject
from agentkit.tools.json_forms import NoJsonForm
from agentkit.tools.serialization import json_text, replace_unsendable

Place: TypeAlias = Literal["input", "tool_call", "tool_result", "output"]
"""A place where a guardrail looks: at the prompt, at a tool call, at its result, at the answer."""
VerdictKind: TypeAlias = Literal["pass", "caution", "block"]
"""The verdicts by name, the mildest first."""
NotePlace: TypeAlias = Literal["", "prompt", "restart", "tail"]
"""The place of a caution's note: behind the prompt from the start; there or behind the last results, and the call that
was under way was given up and made again (`restart`); or with the next results (`tail`). Empty: it was not sent."""


@dataclass(frozen=True, slots=True)
class Pass:
    """Nothing is wrong: the run goes on."""

    kind: ClassVar[VerdictKind] = "pass"
    """The name of the verdict."""


@dataclass(frozen=True, slots=True)
class Caution:
    """The run goes on, and the model reads a note: for what is doubtful, where a refusal would be too much."""

    note: str
    """The note for the model, in a sentence: `The caller may be an impostor: confirm who it is first.`"""
    kind: ClassVar[VerdictKind] = "caution"
    """The name of the verdict."""

    def __post_init__(self) -> None:
        _check_text("Caution", "note", self.note)
        object.__setattr__(self, "note", replace_unsendable(self.note)[0])  # it may quote what it has seen


@dataclass(frozen=True, slots=True)
class Block:
    """The run ends with the outcome `blocked`, before it has shown or done anything more."""

    reason: str
    """The reason, in a sentence, for `result.reason`. Of models only one that has delegated to the agent reads it."""
    reply: object = None
    """The output of the run, if it fits the output type: the text for the person. None: there is no output."""
    keep: bool = False
    """True: the conversation keeps the message, with the reply. False: it forgets both."""
    kind: ClassVar[VerdictKind] = "block"
    """The name of the verdict."""

    def __post_init__(self) -> None:
        _check_text("Block", "reason", self.reason)
        object.__setattr__(self, "reason", replace_unsendable(self.reason)[0])
        if isinstance(self.reply, str):
            object.__setattr__(self, "reply", replace_unsendable(self.reply)[0])


Verdict: TypeAlias = Pass | Caution | Block
"""The verdict of a check."""
_STRICTNESS = {"pass": 0, "caution": 1, "block": 2}


def _check_text(verdict: str, field: str, value: object) -> None:
    if not isinstance(value, str) or not value.strip():
        raise UsageError(f"{verdict}({field}=...): it takes a sentence, not {value!r}")


@dataclass(frozen=True, slots=True, kw_only=True)
class VerdictRecord:
    """One verdict, with its circumstances."""

    guardrail: str
    """The name of the guardrail."""
    on: Place
    """The place where it looked."""
    agent: str
    """The agent that names the guardrail."""
    verdict: Verdict
    """The verdict. Of a guardrail that failed or was late: that of its `on_error`."""
    latency_s: float
    """Seconds from the start of the check to its verdict."""
    cost: Cost = Cost(0.0)
    """The cost of the runs that the check has started; it is part of the cost of the run."""
    tool: str = ""
    """The tool of the call or result. Empty: it looked at the input or the output."""
    error: str = ""
    """The reason why there was no verdict of its own: the check failed, or was late. Empty: there was one."""
    note_place: NotePlace = ""
    """The place of a caution's note."""
    tokens_saved: int = 0
    """Of a block: the most output tokens that the reply which it cut off could still have had. 0: none was cut off."""


def strictest(records: Sequence[VerdictRecord]) -> Verdict:
    """Return the strictest of some verdicts; several cautions become one, with all their notes. None given: Pass."""
    worst = max((record.verdict for record in records), key=lambda one: _STRICTNESS[one.kind], default=Pass())
    if not isinstance(worst, Caution):
        return worst
    notes = [record.verdict.note for record in records if isinstance(record.verdict, Caution)]
    return Caution("\n".join(dict.fromkeys(notes)))


def verdict_to_json(verdict: Verdict) -> JSONObject:
    """Return a verdict as JSON. A reply that has no JSON form becomes None."""
    match verdict:
        case Pass():
            return {"kind": verdict.kind}
        case Caution(note):
            return {"kind": verdict.kind, "note": note}
        case Block(reason, reply, keep):
            return {"kind": verdict.kind, "reason": reason, "reply": reply_to_json(reply), "keep": keep}


def record_to_json(record: VerdictRecord) -> JSONObject:
    """Return a record as JSON, as it is kept in a journal."""
    return {**asdict(record), "verdict": verdict_to_json(record.verdict)}


def record_from_json(value: JSONObject) -> VerdictRecord:
    """Return the record that `record_to_json` wrote."""
    fields: JSONObject = {**value, "verdict": verdict_from_json(value["verdict"]), "cost": Cost(**value["cost"])}
    return VerdictRecord(**fields)


def reply_to_json(reply: object) -> JSON:
    """Return the reply of a block as JSON that can be sent. None: there is none, or it has no JSON form."""
    if reply is None or isinstance(reply, str):
        return reply
    try:
        return cast("JSON", json.loads(replace_unsendable(json_text(reply))[0]))
    except NoJsonForm:
        return None


def verdict_from_json(value: JSONObject) -> Verdict:
    """Return the verdict that `verdict_to_json` wrote; a reply of another type than text as JSON."""
    match value["kind"]:
        case "pass":
            return Pass()
        case "caution":
            return Caution(value["note"])
        case _:
            return Block(value["reason"], value["reply"], value["keep"])
