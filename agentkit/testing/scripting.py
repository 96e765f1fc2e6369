"""Scripted models: inside `with script(...)` the script answers every agent and sub-agent."""

from __future__ import annotations

from collections.abc import Generator
from contextlib import contextmanager

from agentkit.models.client import overriding
from agentkit.simulator.faults.plan import Faults
from agentkit.simulator.replies.reply import Reply
from agentkit.simulator.replies.script import Answer, Script, describe
from agentkit.simulator.server import Simulator


@contextmanager
def script(*replies: Reply | Answer, faults: Faults = ()) -> Generator[Simulator]:
    """Play the model: one reply a request, in order, or one function of the request for a whole tree of agents.

    Yields the simulator, whose `requests` hold the bodies of all requests. Works in and outside an event loop. An
    error of the block is raised as it is, with the problems of the script as notes.

    Args:
        replies: The replies of the model.
        faults: Faults to inject, one for each request or a `Mix`: `["status:529", None, "cut:200"]`.

    Raises:
        AssertionError: At the end of the block, for replies without a request, requests without a reply, faults that
            did not happen, and exceptions of the script's function, which the agent saw as a server error.
    """
    scene = Scene(*replies, faults=faults)
    token = overriding.set(scene.simulator.client())
    try:
        yield scene.simulator
    except BaseException as error:
        scene.note(error)
        raise
    finally:
        overriding.reset(token)
    scene.check()


class ImpossibleFault(AssertionError):
    """The script was followed, except that a fault could not happen to the reply that it was meant for."""


class Scene:
    """A script, with the simulator that plays it, that a test has to follow."""

    def __init__(self, *replies: Reply | Answer, faults: Faults = ()) -> None:
        self._mind = Script(*replies)
        self.simulator = Simulator(self._mind, faults=faults)

    def note(self, error: BaseException) -> None:
        """Add to an error of a test, as notes, the problems of the script before it."""
        for problem in [*self._mind.problems, *self._raised()]:
            error.add_note(problem)

    def check(self) -> None:
        """Raise AssertionError with every difference between the script and the run."""
        undone, unmet = self.simulator.undone(), self.simulator.plan.unused()
        told = ["These faults did not happen:", *undone] if undone else []
        problems = [*self._mind.problems, *self._raised(), *self._unused()]
        text = "\n".join(["The run did not follow its script.", *problems, *told])
        if problems or unmet:
            raise AssertionError(text) from next(iter(self.simulator.failures), None)
        if undone:
            raise ImpossibleFault(text)

    def _raised(self) -> list[str]:
        failures = self.simulator.failures
        return [f"The script itself raised {type(error).__name__}: {error}" for error in failures]

    def _unused(self) -> list[str]:
        unused = self._mind.unused()
        if not unused:
            return []
        asked = [f"request {i + 1}:\n{describe(request)}" for i, request in enumerate(self.simulator.requests)]
        refused = [f"refused: {refusal.message}" for refusal in self.simulator.refusals]
        return ["These replies were not asked for:", *unused, "What was asked:", *(asked or ["nothing"]), *refused]
