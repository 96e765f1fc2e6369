"""Trials for the tests of what reads them."""

from typing import Any

from agentkit.evals import Trial


def trial(output: object = None, world: Any = None, **given: Any) -> Trial[Any]:
    """Return a trial with this output and this world."""
    return Trial(**{"task": "t", "input": "?", "agent": "a", "number": 1, "output": output, "world": world, **given})
