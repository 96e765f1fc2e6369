"""agentkit: tool-using agents on Claude.

Python functions with typed parameters become tools, a strong model delegates to cheap ones, and a loop runs the
calls here and brings the run home whatever goes wrong. Importing the package is cheap: names load on first use.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from agentkit.agent import Agent
    from agentkit.client import session
    from agentkit.content import Document, File, Image
    from agentkit.context import RunContext
    from agentkit.conversation import Conversation
    from agentkit.errors import (
        AgentkitError,
        ConfigurationError,
        DefinitionError,
        InvalidArguments,
        ModelError,
        RunIncomplete,
        Suggestion,
        ToolError,
        UsageError,
    )
    from agentkit.events import (
        Event,
        OutputRejected,
        RunFinished,
        RunStarted,
        TextDelta,
        ThinkingDelta,
        ToolFinished,
        ToolProgress,
        ToolStarted,
        TurnFinished,
        TurnStarted,
    )
    from agentkit.fan_out import Done, Failed
    from agentkit.handle import RunHandle
    from agentkit.model import ClaudeModel, Model
    from agentkit.outcome import Outcome, Unfinished
    from agentkit.result import RunResult
    from agentkit.settings import Settings
    from agentkit.spec import RunOptions
    from agentkit.steps import InMemorySteps, Slot, Steps
    from agentkit.subagent import AgentTool, Brief
    from agentkit.tools import Tool, tool
    from agentkit.toolset import Toolset
    from agentkit.usage import Cost, Usage

_HOMES = {
    "agentkit.agent": ("Agent",),
    "agentkit.client": ("session",),
    "agentkit.content": ("Document", "File", "Image"),
    "agentkit.context": ("RunContext",),
    "agentkit.conversation": ("Conversation",),
    "agentkit.errors": (
        "AgentkitError",
        "ConfigurationError",
        "DefinitionError",
        "InvalidArguments",
        "ModelError",
        "RunIncomplete",
        "Suggestion",
        "ToolError",
        "UsageError",
    ),
    "agentkit.events": (
        "Event",
        "OutputRejected",
        "RunFinished",
        "RunStarted",
        "TextDelta",
        "ThinkingDelta",
        "ToolFinished",
        "ToolProgress",
        "ToolStarted",
        "TurnFinished",
        "TurnStarted",
    ),
    "agentkit.fan_out": ("Done", "Failed"),
    "agentkit.handle": ("RunHandle",),
    "agentkit.model": ("ClaudeModel", "Model"),
    "agentkit.outcome": ("Outcome", "Unfinished"),
    "agentkit.result": ("RunResult",),
    "agentkit.settings": ("Settings",),
    "agentkit.spec": ("RunOptions",),
    "agentkit.steps": ("InMemorySteps", "Slot", "Steps"),
    "agentkit.subagent": ("AgentTool", "Brief"),
    "agentkit.tools": ("Tool", "tool"),
    "agentkit.toolset": ("Toolset",),
    "agentkit.usage": ("Cost", "Usage"),
}
_EXPORTS = {name: module for module, names in _HOMES.items() for name in names}


def __getattr__(name: str) -> object:
    if name not in _EXPORTS:
        raise AttributeError(f"module 'agentkit' has no attribute {name!r}")
    value: object = getattr(import_module(_EXPORTS[name]), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return __all__


__all__ = [
    "Agent",
    "AgentTool",
    "AgentkitError",
    "Brief",
    "ClaudeModel",
    "ConfigurationError",
    "Conversation",
    "Cost",
    "DefinitionError",
    "Document",
    "Done",
    "Event",
    "Failed",
    "File",
    "Image",
    "InMemorySteps",
    "InvalidArguments",
    "Model",
    "ModelError",
    "Outcome",
    "OutputRejected",
    "RunContext",
    "RunFinished",
    "RunHandle",
    "RunIncomplete",
    "RunOptions",
    "RunResult",
    "RunStarted",
    "Settings",
    "Slot",
    "Steps",
    "Suggestion",
    "TextDelta",
    "ThinkingDelta",
    "Tool",
    "ToolError",
    "ToolFinished",
    "ToolProgress",
    "ToolStarted",
    "Toolset",
    "TurnFinished",
    "TurnStarted",
    "Unfinished",
    "Usage",
    "UsageError",
    "session",
    "tool",
]
