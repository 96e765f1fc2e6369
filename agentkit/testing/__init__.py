"""Testing kit for agents: scripted model replies, injected faults, expectations; everything else is real.

Names load on first use: the pytest plugin costs nothing in a test run without agents.
"""

from agentkit.lazy_exports import lazy_exports

__getattr__, __dir__, __all__ = lazy_exports(
    __name__,
    {
        "agentkit.simulator": "Mix Reply faults",
        "agentkit.testing.expectations": "called expect in_order never_called",
        "agentkit.testing.scripting": "script",
        "agentkit.testing.serving": "served",
    },
)
