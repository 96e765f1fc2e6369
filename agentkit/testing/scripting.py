"""`with script(...)`: inside the block the script answers every agent, however deep."""

from __future__ import annotations

from collections.abc import Generator
from contextlib import contextmanager

from agentkit.client import overriding
from agentkit.simulator.reply import Reply
from agentkit.simulator.script import Answer, Script, describe
from agentkit.simulator.server import Simulator


@contextmanager
def script(*replies: Reply | Answer) -> Generator[Simulator]:
    """Play the model: one reply a request, in order, or one function of the request for a whole tree of agents.

    Gives the simulator, whose `requests` hold what was asked. Works in and outside an event loop. When the block
    ends, AssertionError says which replies no request asked for, which requests no reply was written for, and what a
    function of the script raised: the agent itself only saw a server error. An error of the block goes on as it is,
    with the same as notes.
    """
    mind = Script(*replies)
    simulator = Simulator(mind)
    token = overriding.set(simulator.client())
    try:
        yield simulator
    except BaseException as error:
        for problem in [*mind.problems, *_raised(simulator)]:
            error.add_note(problem)
        raise
    finally:
        overriding.reset(token)
    problems = [*mind.problems, *_raised(simulator), *_unused(mind, simulator)]
    if problems:
        cause = simulator.failures[0] if simulator.failures else None
        raise AssertionError("\n".join(["The run did not follow its script.", *problems])) from cause


def _raised(simulator: Simulator) -> list[str]:
    return [f"The script itself raised {type(error).__name__}: {error}" for error in simulator.failures]


def _unused(mind: Script, simulator: Simulator) -> list[str]:
    unused = mind.unused()
    if not unused:
        return []
    asked = [f"request {i + 1}:\n{describe(request)}" for i, request in enumerate(simulator.requests)]
    refused = [f"refused: {refusal.message}" for refusal in simulator.refusals]
    return ["These replies were not asked for:", *unused, "What was asked:", *(asked or ["nothing"]), *refused]
