"""The model of one run, served by the parent over HTTP: a function of the request, which numbers its replies.

By its number a reply is found again in the journal, so that it is known which request was asked again although its
reply was recorded.
"""

from __future__ import annotations

import json
import random
import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, TypeAlias

import anyio

from agentkit.simulator import Reply, Script, Simulator
from benchmarks.crash.agents import BUYER, CLERK, LEAD

if TYPE_CHECKING:
    from agentkit.messages.message import JSONObject

Question: TypeAlias = tuple[str, str, str, int]
"""Who asks, about which item, in which phase of the conversation, and after how many turns."""

_NUMBER = re.compile(r"\(reply (\d+)\)")
_MOST_WAIT_S = 0.03
_SUMMARY_BEGINS = "The conversation up to here no longer fitted"


def numbers_in(text: str) -> list[int]:
    """Return the numbers of the replies in a text."""
    return [int(number) for number in _NUMBER.findall(text)]


def without_numbers(text: str) -> str:
    """Return a text without the numbers of replies."""
    return _NUMBER.sub("", text).strip()


@dataclass(slots=True)
class ModelOfRun:
    """The model of one run."""

    server_compacts: bool
    """True if the server writes the summary of a long conversation itself."""
    asked: list[Question] = field(default_factory=list[Question], init=False)
    """The requests in the order in which they came; the reply to the first has the number 1."""
    simulator: Simulator = field(init=False)
    _arrival: anyio.Event = field(default_factory=anyio.Event, init=False)

    def __post_init__(self) -> None:
        self.simulator = Simulator(Script(self._answer))

    async def wait_for(self, count: int) -> None:
        """Wait until so many requests have come."""
        while len(self.asked) < count:
            await self._arrival.wait()

    async def _answer(self, request: JSONObject) -> Reply:
        question = question_of(request)
        self.asked.append(question)
        number = len(self.asked)
        self._arrival.set()
        self._arrival = anyio.Event()
        await anyio.sleep(random.uniform(0, _MOST_WAIT_S))
        who, item, phase, turn = question
        mark = f"(reply {number})"
        if phase == "server summary":
            if not self.server_compacts:
                return Reply.failure(400, "invalid_request_error", f"compaction: not permitted {mark}")
            return Reply.text(f"Two were bought. {mark}")
        if phase == "summary":
            facts = [f"Two were bought. {mark}"]
            summary = {"task": "Buy.", "facts": facts, "decisions": [], "done": [], "open_questions": []}
            return Reply.output({**summary, "next_step": "Buy honey.", "artifacts": []})
        if request.get("tool_choice", {}).get("type") == "none":
            return Reply.text(f"As far as it came. {mark}")
        if (who, phase, turn) == ("lead", "at first", 2):
            return Reply.failure(400, "invalid_request_error", f"prompt is too long: 208310 tokens > 200000 {mark}")
        return Reply.text(f"Well. {mark}") + _with_ids(_calls(request, who, item, phase, turn), number)


def question_of(request: JSONObject) -> Question:
    """Return what a request asks: the same for every request that asks it again, and for no other."""
    system, messages = json.dumps(request.get("system", "")), request["messages"]
    first = json.dumps(messages[0]["content"])
    who = next((name for name, text in {"lead": LEAD, "buyer": BUYER, "clerk": CLERK}.items() if text in system), "")
    if not who:
        return "lead", "", "summary", 0
    item = "" if who == "lead" else first.partition("Buy ")[2].partition(".")[0]
    turns = sum(message["role"] == "assistant" for message in messages)
    if request.get("compaction"):
        return who, item, "server summary", turns
    if '"compaction"' in first:
        return who, item, "after a summary", turns - 1
    return who, item, "after a summary" if _SUMMARY_BEGINS in first else "at first", turns


def _calls(request: JSONObject, who: str, item: str, phase: str, turn: int) -> Reply:
    """Return the calls of a turn, several at once, or its answer."""
    match who, phase, turn:
        case "lead", "at first", 0:
            return _buyer("tea") + Reply.tool("look", item="sugar") + _buyer("milk") + Reply.tool("note", text="start")
        case "lead", "at first", 1:
            return Reply.tool("pay", amount=7) + Reply.tool("look", item="bread") + Reply.tool("note", text="paid")
        case "lead", _, 0:
            return _buyer("honey") + Reply.tool("note", text="nearly done")
        case "buyer", _, 0:
            return (
                Reply.tool("look", item=item)
                + Reply.tool("clerk", objective=f"Buy {item}.")
                + Reply.tool("note", text=item)
            )
        case "buyer", _, 1:
            return Reply.tool("ship", item=item) + Reply.tool("look", item=f"a box for {item}")
        case "clerk", _, 0:
            return Reply.tool("look", item=item) + Reply.tool("pay", amount=len(item)) + Reply.tool("note", text="paid")
        case _:
            return _answer_of(request, who, item)


def _answer_of(request: JSONObject, who: str, item: str) -> Reply:
    if who == "lead":
        bought = re.findall(r"The (\w+) is bought for (\d+) EUR", json.dumps(request["messages"][-1]["content"]))
        return Reply.text(" ".join(f"At last the {what} is bought for {price} EUR." for what, price in bought))
    return Reply.text(f"The {item} is bought for {len(item)} EUR.")


def _with_ids(reply: Reply, number: int) -> Reply:
    """Return a reply whose calls have ids that no other reply has: a request that is asked again gets others."""
    parts = [
        {**part, "id": f"toolu_{number:03}_{place}"} if isinstance(part, dict) and part["type"] == "tool_use" else part
        for place, part in enumerate(reply.parts)
    ]
    return reply.replace(parts=tuple(parts))


def _buyer(item: str) -> Reply:
    return Reply.tool("buyer", objective=f"Buy {item}.")
