"""The record of a scenario, and the scripted models and judges that several scenarios share."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TypeAlias

from agentkit.messages.message import JSONObject
from agentkit.simulator import Fault, Reply
from benchmarks.peers.observation import ANSWER, Observation, Verdict, blocks, result_texts

ScriptedModel: TypeAlias = Callable[[JSONObject], Reply]
"""The scripted model: a function from a request to its reply."""


@dataclass(frozen=True)
class Scenario:
    """One fault, the right behaviour, and the judge of the observations."""

    name: str
    """A short name, by which `programs/faults/shop.py` chooses the behaviour of its tools."""
    title: str
    right: str
    """The right behaviour, in a few words."""
    play: Callable[[], ScriptedModel]
    """Makes the scripted model of one run."""
    judge: Callable[[Observation], Verdict]
    faults: Sequence[Fault | str | None] = ()
    """The faults of the first requests, one each."""
    is_streamed: bool = False
    """True if the fault exists in streams only; the framework's streaming call is then used."""
    bound_s: float = 20
    """Seconds after which the program is killed."""


def calls_once(calls: Reply) -> Callable[[], ScriptedModel]:
    """Return a model that makes these calls, and answers when it has results, whatever their text."""
    return lambda: lambda request: Reply.text(ANSWER) if blocks(request, "tool_result") else calls


def calls_until(word: str, first: Reply, again: Reply | None = None) -> Callable[[], ScriptedModel]:
    """Return a model that makes its calls until a result has the word; after a first failure, the other ones."""

    def play(request: JSONObject) -> Reply:
        if word in result_texts(request):
            return Reply.text(ANSWER)
        return (again or first) if blocks(request, "tool_result") else first

    return lambda: play


def ends_with_answer(seen: Observation) -> Verdict:
    """Judge as right a run that ends with the model's answer."""
    return Verdict(seen.has_answer, seen.ending_in_words)
