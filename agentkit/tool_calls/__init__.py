"""The tool calls of one turn: start them, retry, time out, cancel, and collect their results."""

from agentkit.lazy_exports import lazy_exports

__getattr__, __dir__, __all__ = lazy_exports(
    __name__,
    {
        "agentkit.tool_calls.watchdog": "Blockage blockages",
    },
)
