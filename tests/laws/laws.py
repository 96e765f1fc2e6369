"""The laws, one checker each: what it yields is broken. They read what a scene left behind, and nothing else."""

from __future__ import annotations

import json
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from itertools import pairwise
from typing import TypeAlias

from agentkit import Outcome
from agentkit.loop.stop_reasons import STOP_REASONS, StopReasonRule
from agentkit.messages.message import Block, JSONObject
from agentkit.run.events import Compacted, FellBack, RunFinished, TurnFinished
from tests.budgets.server import Limited, overspent
from tests.laws.scene_tools import KEY, PASSWORD, PLACE, SECRET, WORK
from tests.laws.scenes import Scene

Law: TypeAlias = Callable[[Scene], Iterator[str]]

_SUMMARY = b'{"system":"You get the record of a conversation'
"""How a request begins that asks for a summary."""
_HOLOGRAM = {"type": "hologram", "beam": "blue"}
_EXCUSES = ("Not executed", "Cancelled", "Stopped", "There is no result", "The arguments of")
"""How results begin that stand for calls which were not made, or whose result was not waited for."""


def law_1(scene: Scene) -> Iterator[str]:
    """Every call is answered by exactly one result, in the model's order, in the next message; the server agrees."""
    for refusal in scene.simulator.refusals:
        if not refusal.details.get("error_code", "").startswith("thread_"):
            yield f"the server refused a request: {refusal.message}"
    said = [("what was sent", request["messages"]) for request in scene.simulator.requests]
    said.append(("what is left", scene.chat.messages))
    for where, messages in said:
        yield from (f"{where}: {problem}" for problem in unpaired(messages))


def unpaired(messages: Sequence[JSONObject]) -> Iterator[str]:
    """Calls whose results are not where they belong, and results without a call."""
    for i, message in enumerate(messages):
        calls = [block["id"] for block in blocks(message, "tool_use")] if message["role"] == "assistant" else []
        behind: JSONObject = messages[i + 1] if i + 1 < len(messages) else {"role": "user", "content": []}
        results = [block["tool_use_id"] for block in blocks(behind, "tool_result")]
        if message["role"] == "assistant" and results != calls:
            yield f"calls {calls} are answered by {results}"
        if (
            message["role"] == "user"
            and i
            and messages[i - 1]["role"] != "assistant"
            and blocks(message, "tool_result")
        ):
            yield f"message {i} holds results, and the one before it is not the model's"


def blocks(message: JSONObject, kind: str) -> list[Block]:
    """The blocks of one type in a message."""
    content = message["content"]
    return [] if isinstance(content, str) else [block for block in content if block["type"] == kind]


def law_2(scene: Scene) -> Iterator[str]:
    """No call of an unfinished turn is executed but those that only read; none twice, none that was not whole."""
    allowed: set[str] = set()
    for turn in scene.diary.turns:
        ids = [call.id for call in turn.tool_calls() if call.invalid_input is None]
        if STOP_REASONS.get(turn.stop_reason or "") is StopReasonRule.GO_ON and len(set(ids)) == len(ids):
            allowed.update(ids)
    for call, count in Counter((one.run_id, one.call_id) for one in scene.diary.executions).items():
        if count > 1:
            yield f"{call} was executed {count} times"
    for one in scene.diary.executions:
        if one.call_id not in allowed and one.name != WORK.name:
            yield f"{one.name} {one.call_id} was executed, of a turn that had not ended"
        if not one.is_whole:
            yield f"{one.name} {one.call_id} was executed with arguments that the model did not mean"


def law_3(scene: Scene) -> Iterator[str]:
    """One tool's failure never costs another's result."""
    for messages in [request["messages"] for request in scene.simulator.requests]:
        calls = {block["id"]: block for message in messages for block in blocks(message, "tool_use")}
        for result in (block for message in messages for block in blocks(message, "tool_result")):
            call = calls.get(result["tool_use_id"], {"name": "", "input": {}})
            is_fine = call["name"] == "record" or call["input"].get("how") == "ok"
            text = str(result["content"])
            is_told = text.startswith(_EXCUSES) or "timed out" in text
            if is_fine and "key" in call["input"] and text != f"done {call['input']['key']}" and not is_told:
                yield f"{call['name']} {call['id']} had done its work, and the model was told: {text[:200]}"


def law_4(scene: Scene) -> Iterator[str]:
    """No secret of a known shape, no text of an unexpected exception, no path and no traceback reaches the model."""
    for number, body in enumerate(scene.simulator.bodies):
        for text in (SECRET, PLACE, KEY, PASSWORD, "Traceback", "RuntimeError"):
            if text.encode() in body:
                yield f"request {number} says {text!r}"


def law_5(scene: Scene) -> Iterator[str]:
    """Spend, as the server reports it, never exceeds the budget."""
    if scene.budget is not None:
        yield from overspent(scene.simulator, [Limited("run", "a", scene.budget)], scene.first_row)


def law_6(scene: Scene) -> Iterator[str]:
    """Nothing is left on the wire once a run has ended, however it did. Tasks and threads: see `leaks.py`."""
    if scene.simulator.ledger.concurrency:
        yield f"{scene.simulator.ledger.concurrency} requests are still being answered"
    if scene.has_ended and scene.result is None and not scene.was_struck:
        yield "there is no result, and nobody cancelled"
    if scene.result is not None and scene.result.outcome is Outcome.CANCELLED and not scene.was_struck:
        yield "the run says that it was cancelled, and it was not"


def law_8(scene: Scene) -> Iterator[str]:
    """What we do not know stops the run by its name, or is passed on unchanged."""
    last: dict[str, str | None] = {}
    for event in scene.events:
        if isinstance(event, TurnFinished):
            last[event.run_id] = event.stop_reason
        if not isinstance(event, RunFinished) or last.get(event.run_id) in (None, *STOP_REASONS):
            continue
        if event.outcome is not Outcome.FAILED or repr(last[event.run_id]) not in event.reason:
            yield f"a turn stopped for {last[event.run_id]!r}, and the run ended {event.outcome}: {event.reason}"
    for request in scene.simulator.requests:
        for message in request["messages"]:
            for block in blocks(message, "hologram"):
                if block != _HOLOGRAM or message["role"] != "assistant":
                    yield f"a block that nobody knows went back as {json.dumps(block)}"


def law_10(scene: Scene) -> Iterator[str]:
    """The bytes of a conversation up to its last message are where the next request of it begins.

    Where the server holds it, those of what would be sent otherwise; and what the server holds is just that.
    """
    if scene.has_threads:
        wholes = [json.loads(body)["messages"] for _, _, body in scene.diary.asked]
        for request in scene.simulator.requests:
            if request["messages"] not in wholes:
                yield f"the server goes on from something else: {json.dumps(request['messages'])[:500]}"
    if any(isinstance(event, Compacted | FellBack) for event in scene.events):
        return  # a new conversation, which the events say
    heads: defaultdict[str, list[bytes]] = defaultdict(list)
    came = [request["model"] for request in scene.simulator.requests]
    sent = zip(scene.simulator.tokens, came, scene.simulator.bodies, strict=True)
    for token, model, body in scene.diary.asked if scene.has_threads else sent:
        if not body.startswith(_SUMMARY):  # a conversation of its own, also where nothing comes of it
            heads[f"{token} {model}"].append(body[: body.rindex(b'],"model":')])
    for name, bodies in heads.items():
        for before, after in pairwise(bodies):
            if not after.startswith(before) and _keeps_its_conversation(scene):
                yield f"{name}: {after[:80]!r}... does not begin with the {len(before)} bytes before it"


def _keeps_its_conversation(scene: Scene) -> bool:
    """Whether nothing was met for which a conversation is begun anew where no event is heard that says so."""
    if not scene.was_awaited:
        return True
    is_long = any(row.status == 413 for row in scene.simulator.ledger.rows)
    is_full = any(turn.stop_reason == "model_context_window_exceeded" for turn in scene.diary.turns)
    return not (is_long or is_full or scene.agent.fallback)


LAWS: Mapping[str, Law] = {law.__name__: law for law in (law_1, law_2, law_3, law_4, law_5, law_6, law_8, law_10)}


def broken(scene: Scene) -> list[str]:
    """Every law that the scene breaks, and how."""
    return [f"{name}: {problem}" for name, law in LAWS.items() for problem in law(scene)]
