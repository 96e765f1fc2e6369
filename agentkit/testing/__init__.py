"""Testing kit for agents: scripted model replies, injected faults, expectations; everything else is real.

Names load on first use: the pytest plugin costs nothing in a test run without agents.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from agentkit.simulator import faults
    from agentkit.simulator.faults.plan import Mix
    from agentkit.simulator.replies.reply import Reply
    from agentkit.testing.expectations import called, expect, in_order, never_called
    from agentkit.testing.scripting import script
    from agentkit.testing.serving import served

_HOMES = {
    "Mix": "agentkit.simulator.faults.plan",
    "Reply": "agentkit.simulator.replies.reply",
    "called": "agentkit.testing.expectations",
    "expect": "agentkit.testing.expectations",
    "faults": "agentkit.simulator",
    "in_order": "agentkit.testing.expectations",
    "never_called": "agentkit.testing.expectations",
    "script": "agentkit.testing.scripting",
    "served": "agentkit.testing.serving",
}

__all__ = ["Mix", "Reply", "called", "expect", "faults", "in_order", "never_called", "script", "served"]


def __getattr__(name: str) -> object:
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(_HOMES[name]), name)
