"""agentkit: tool-using agents on Claude.

Python functions with typed parameters become tools, a strong model delegates to cheap ones, and a loop runs the
calls here and brings the run home whatever goes wrong. Importing the package is cheap: names load on first use.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from agentkit.agent import Agent
    from agentkit.artifact_store import KeptArtifact
    from agentkit.artifacts import Artifact
    from agentkit.background_runs import Background, Started, open_background
    from agentkit.background_tools import background
    from agentkit.budget import Budget
    from agentkit.budget_scopes import Spending, fail_over_budget, stop_over_budget
    from agentkit.cache_report import CacheBreak, CacheReport
    from agentkit.charges import Charge
    from agentkit.client import session
    from agentkit.content import Document, File, Image
    from agentkit.context import RunContext
    from agentkit.conversation import Conversation
    from agentkit.cost_tree import CostTree
    from agentkit.errors import (
        AgentkitError,
        BudgetExceeded,
        ConfigurationError,
        DefinitionError,
        InvalidArguments,
        ModelError,
        RunIncomplete,
        Suggestion,
        ToolError,
        ToolTimeout,
        UsageError,
    )
    from agentkit.events import (
        Compacted,
        Event,
        FellBack,
        OutputRejected,
        RunFinished,
        RunStarted,
        TextDelta,
        ThinkingDelta,
        ToolFinished,
        ToolProgress,
        ToolStarted,
        TurnFinished,
        TurnReset,
        TurnStarted,
    )
    from agentkit.fan_out import Done, Failed
    from agentkit.handle import RunHandle
    from agentkit.middleware import AroundModel, AroundTool, CallModel, CallTool, ModelCall, ToolRun
    from agentkit.model import ClaudeModel, Model
    from agentkit.outcome import Outcome, Unfinished
    from agentkit.result import RunResult
    from agentkit.retry import Retry
    from agentkit.settings import Settings
    from agentkit.spec import RunOptions
    from agentkit.steps import InMemorySteps, Slot, Steps
    from agentkit.subagent import AgentTool, Brief
    from agentkit.terms import Escalate, OnFailure, Terms, Verify
    from agentkit.tools import Tool, tool
    from agentkit.toolset import Toolset
    from agentkit.usage import Cost, Price, Usage

_HOMES = {
    "agentkit.agent": ("Agent",),
    "agentkit.artifact_store": ("KeptArtifact",),
    "agentkit.artifacts": ("Artifact",),
    "agentkit.background_runs": ("Background", "Started", "open_background"),
    "agentkit.background_tools": ("background",),
    "agentkit.budget": ("Budget",),
    "agentkit.budget_scopes": ("Spending", "fail_over_budget", "stop_over_budget"),
    "agentkit.cache_report": ("CacheBreak", "CacheReport"),
    "agentkit.charges": ("Charge",),
    "agentkit.client": ("session",),
    "agentkit.content": ("Document", "File", "Image"),
    "agentkit.context": ("RunContext",),
    "agentkit.conversation": ("Conversation",),
    "agentkit.cost_tree": ("CostTree",),
    "agentkit.errors": (
        "AgentkitError",
        "BudgetExceeded",
        "ConfigurationError",
        "DefinitionError",
        "InvalidArguments",
        "ModelError",
        "RunIncomplete",
        "Suggestion",
        "ToolError",
        "ToolTimeout",
        "UsageError",
    ),
    "agentkit.events": (
        "Compacted",
        "Event",
        "FellBack",
        "OutputRejected",
        "RunFinished",
        "RunStarted",
        "TextDelta",
        "ThinkingDelta",
        "ToolFinished",
        "ToolProgress",
        "ToolStarted",
        "TurnFinished",
        "TurnReset",
        "TurnStarted",
    ),
    "agentkit.fan_out": ("Done", "Failed"),
    "agentkit.handle": ("RunHandle",),
    "agentkit.middleware": ("AroundModel", "AroundTool", "CallModel", "CallTool", "ModelCall", "ToolRun"),
    "agentkit.model": ("ClaudeModel", "Model"),
    "agentkit.outcome": ("Outcome", "Unfinished"),
    "agentkit.result": ("RunResult",),
    "agentkit.retry": ("Retry",),
    "agentkit.settings": ("Settings",),
    "agentkit.spec": ("RunOptions",),
    "agentkit.steps": ("InMemorySteps", "Slot", "Steps"),
    "agentkit.subagent": ("AgentTool", "Brief"),
    "agentkit.terms": ("Escalate", "OnFailure", "Terms", "Verify"),
    "agentkit.tools": ("Tool", "tool"),
    "agentkit.toolset": ("Toolset",),
    "agentkit.usage": ("Cost", "Price", "Usage"),
}
_MODULES = ("process",)
"""Modules that are used by their names: `agentkit.process.run(...)`."""
_EXPORTS = {name: module for module, names in _HOMES.items() for name in names}


def __getattr__(name: str) -> object:
    if name in _MODULES:
        return import_module(f"agentkit.{name}")
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
    "AroundModel",
    "AroundTool",
    "Artifact",
    "Background",
    "Brief",
    "Budget",
    "BudgetExceeded",
    "CacheBreak",
    "CacheReport",
    "CallModel",
    "CallTool",
    "Charge",
    "ClaudeModel",
    "Compacted",
    "ConfigurationError",
    "Conversation",
    "Cost",
    "CostTree",
    "DefinitionError",
    "Document",
    "Done",
    "Escalate",
    "Event",
    "Failed",
    "FellBack",
    "File",
    "Image",
    "InMemorySteps",
    "InvalidArguments",
    "KeptArtifact",
    "Model",
    "ModelCall",
    "ModelError",
    "OnFailure",
    "Outcome",
    "OutputRejected",
    "Price",
    "Retry",
    "RunContext",
    "RunFinished",
    "RunHandle",
    "RunIncomplete",
    "RunOptions",
    "RunResult",
    "RunStarted",
    "Settings",
    "Slot",
    "Spending",
    "Started",
    "Steps",
    "Suggestion",
    "Terms",
    "TextDelta",
    "ThinkingDelta",
    "Tool",
    "ToolError",
    "ToolFinished",
    "ToolProgress",
    "ToolRun",
    "ToolStarted",
    "ToolTimeout",
    "Toolset",
    "TurnFinished",
    "TurnReset",
    "TurnStarted",
    "Unfinished",
    "Usage",
    "UsageError",
    "Verify",
    "background",
    "fail_over_budget",
    "open_background",
    "session",
    "stop_over_budget",
    "tool",
]
