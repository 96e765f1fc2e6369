"""`with script(...)`: inside the block the script answers every agent, however deep."""

from __future__ import annotations

from collections.abc import Generator
from contextlib import contextmanager

from agentkit.models.client import overriding
from agentkit.simulator.faults.plan import Faults
from agentkit.simulator.reply import Reply
from agentkit.simulator.script import Answer, Script, describe
from agentkit.simulator.server import Simulator


@contextmanager
def script(*replies: Reply | Answer, faults: Faults = ()) -> Generator[Simulator]:
    """Play the model: one reply a request, in order, or one function of the request for a whole tree of agents.

    Args:
        replies: What the model says.
        faults: What goes wrong meanwhile, one for each request or a `Mix`: `["status:529", None, "cut:200"]`.

    Gives the simulator, whose `requests` hold what was asked. Works in and outside an event loop. When the block
    ends, AssertionError says which replies no request asked for, which requests no reply was written for, which faults
    did not happen, and what a function of the script raised: the agent itself only saw a server error. An error of the
    block goes on as it is, with the same as notes.
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
    """All went as written, but for a fault that could not happen to the reply that it met."""


class Scene:
    """A script, the simulator that plays it, and whether it was followed."""

    def __init__(self, *replies: Reply | Answer, faults: Faults = ()) -> None:
        self._mind = Script(*replies)
        self.simulator = Simulator(self._mind, faults=faults)

    def note(self, error: BaseException) -> None:
        """Say on an error of a test what went wrong in the script before it."""
        for problem in [*self._mind.problems, *self._raised()]:
            error.add_note(problem)

    def check(self) -> None:
        """Raise AssertionError with everything that did not go as written."""
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
