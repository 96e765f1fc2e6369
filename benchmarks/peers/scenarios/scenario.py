"""What a scenario is made of."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TypeAlias

from agentkit.messages.message import JSONObject
from agentkit.simulator import Fault, Reply
from benchmarks.peers.seen import ANSWER, Seen, Verdict, blocks, said

Play: TypeAlias = Callable[[JSONObject], Reply]
"""The scripted model: what it says to a request."""


@dataclass(frozen=True)
class Scenario:
    """One fault, what the right behaviour is, and who says whether it was met."""

    name: str
    """Short; `programs/faults/shop.py` knows it."""
    title: str
    right: str
    """The right behaviour, in a few words."""
    play: Callable[[], Play]
    """Makes the scripted model of one run."""
    judge: Callable[[Seen], Verdict]
    faults: Sequence[Fault | str | None] = ()
    """What goes wrong with the first requests, one each."""
    is_streamed: bool = False
    """Whether the fault exists in streams only; the framework is then asked by its streaming call."""
    bound_s: float = 20
    """After so many seconds the program is killed."""


def once(calls: Reply) -> Callable[[], Play]:
    """A model that makes these calls, and answers when it has results, whatever they say."""
    return lambda: lambda request: Reply.text(ANSWER) if blocks(request, "tool_result") else calls


def until(word: str, first: Reply, again: Reply | None = None) -> Callable[[], Play]:
    """A model that makes its calls until a result has the word; after a first failure, others."""

    def play(request: JSONObject) -> Reply:
        if word in said(request):
            return Reply.text(ANSWER)
        return (again or first) if blocks(request, "tool_result") else first

    return lambda: play


def comes_home(seen: Seen) -> Verdict:
    """Right when the run ends with the model's answer."""
    return Verdict(seen.has_answer, seen.how)
