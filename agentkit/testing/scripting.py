"""Scripted models: inside `with script(...)` the script answers every agent and sub-agent."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager, ContextDecorator
from types import TracebackType

from agentkit.models.overriding_client import override_client
from agentkit.redaction.exception_summary import summarize_exception
from agentkit.redaction.redactor import text_without_secrets
from agentkit.schema.validation.unknown_options import refuses_unknown_options
from agentkit.simulator.faults.plan import Faults
from agentkit.simulator.replies.reply import Reply
from agentkit.simulator.replies.script import ReplyFunction, Script, describe_request
from agentkit.simulator.server import Simulator


class ScriptBlock(AbstractContextManager[Simulator, None], ContextDecorator):
    """A block, or a function that it decorates, in which a script plays the model. Made by `script(...)`."""

    def __init__(self, make_playback: Callable[[], ScriptPlayback]) -> None:
        self._make_playback = make_playback
        self._open_blocks: list[tuple[ScriptPlayback, AbstractContextManager[None]]] = []

    def __enter__(self) -> Simulator:
        playback = self._make_playback()
        override = override_client(playback.simulator.direct_client())
        override.__enter__()
        self._open_blocks.append((playback, override))
        return playback.simulator

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        __tracebackhide__ = True  # pytest shows the line of the test alone
        playback, override = self._open_blocks.pop()
        override.__exit__(None, None, None)
        if error is not None:
            playback.add_failure_notes(error)
        else:
            playback.check_followed()


@refuses_unknown_options("script(...)")
def script(*replies: Reply | ReplyFunction, faults: Faults = (), betas: Sequence[str] = ()) -> ScriptBlock:
    """Play the model: one reply a request, in order, or one function of the request for a whole tree of agents.

    Yields the simulator, whose `requests` hold the bodies of all requests. Works in and outside an event loop, and in
    threads: one that has no copy of the context gets the only active script, or UsageError if there are several. An
    error of the block is raised as it is, with the problems of the script as notes.

    Args:
        replies: The replies of the model.
        faults: Faults to inject, one for each request or a `Mix`: `["status:529", None, "cut:200"]`.
        betas: Names of betas that the simulator does not know and should take.

    Raises:
        AssertionError: At the end of the block, for replies without a request, requests without a reply, faults that
            did not happen, and exceptions of the script's function, which the agent saw as a server error.
    """
    return ScriptBlock(lambda: ScriptPlayback(*replies, faults=faults, betas=betas))


class ImpossibleFault(AssertionError):
    """The script was followed, except that a fault could not happen to the reply that it was meant for."""


class ScriptPlayback:
    """A script, with the simulator that plays it, that a test has to follow."""

    def __init__(self, *replies: Reply | ReplyFunction, faults: Faults = (), betas: Sequence[str] = ()) -> None:
        self._script = Script(*replies)
        self.simulator = Simulator(self._script, faults=faults, betas=betas)

    def add_failure_notes(self, error: BaseException) -> None:
        """Add to an error of a test, as notes, the problems of the script before it."""
        for problem in [*self._script.problems, *self._script_errors()]:
            error.add_note(problem)

    def check_followed(self) -> None:
        """Raise AssertionError with every difference between the script and the run."""
        __tracebackhide__ = True
        undone, unmet = self.simulator.unapplied_faults(), self.simulator.fault_plan.describe_unused()
        fault_lines = ["These faults did not happen:", *undone] if undone else []
        problems = [*self._script.problems, *self._script_errors(), *self._unused_replies()]
        text = "\n".join(["The run did not follow its script.", *problems, *fault_lines])
        if problems or unmet:
            raise AssertionError(text) from next(iter(self.simulator.failures), None)
        if undone:
            raise ImpossibleFault(text)

    def _script_errors(self) -> list[str]:
        failures = self.simulator.failures
        return [f"The script itself raised {summarize_exception(error, text_without_secrets)}" for error in failures]

    def _unused_replies(self) -> list[str]:
        unused = self._script.unused()
        if not unused:
            return []
        requests = [
            f"request {i + 1}:\n{describe_request(request)}" for i, request in enumerate(self.simulator.requests)
        ]
        refused = [f"refused: {refusal.message}" for refusal in self.simulator.refusals]
        return ["These replies were not asked for:", *unused, "What was asked:", *(requests or ["nothing"]), *refused]
