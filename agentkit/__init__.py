"""agentkit: tool-using agents on Claude.

Python functions with typed parameters become tools, a strong model delegates to cheap ones, and a loop runs the
calls here and returns a result whatever goes wrong. Importing the package is cheap: names load on first use.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from agentkit.agents.agent import Agent
    from agentkit.agents.agent_tool import AgentTool, Brief
    from agentkit.agents.background import Background, Started, open_background
    from agentkit.agents.background_tools import background
    from agentkit.agents.conversation import Conversation
    from agentkit.agents.fan_out import Done, Failed
    from agentkit.budget.blocks import Spending, fail_over_budget, stop_over_budget
    from agentkit.budget.budget import Budget
    from agentkit.budget.cache_report import CacheBreak, CacheReport
    from agentkit.budget.charges import Charge
    from agentkit.budget.cost_tree import CostTree
    from agentkit.budget.prices import Price
    from agentkit.budget.usage import Cost, Usage
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
    from agentkit.messages.content import Document, File, Image
    from agentkit.models.claude import ClaudeModel
    from agentkit.models.client import session
    from agentkit.models.model import Model
    from agentkit.models.retry import Retry
    from agentkit.run.agent_spec import RunOptions
    from agentkit.run.delegation_terms import Escalate, OnFailure, Terms, Verify
    from agentkit.run.events import (
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
    from agentkit.run.middleware import AroundModel, AroundTool, CallModel, CallTool, ModelCall, ToolRun
    from agentkit.run.outcome import Outcome, Unfinished
    from agentkit.run.result import RunResult
    from agentkit.run.settings import Settings
    from agentkit.run.steps import InMemorySteps, Slot, Steps
    from agentkit.run.streamed_run import RunHandle
    from agentkit.tools.artifacts.artifact import Artifact
    from agentkit.tools.artifacts.store import KeptArtifact
    from agentkit.tools.decorator import Tool, tool
    from agentkit.tools.run_context import RunContext
    from agentkit.tools.toolset import Toolset

_HOMES = {
    "agentkit.agents.agent": ("Agent",),
    "agentkit.tools.artifacts.store": ("KeptArtifact",),
    "agentkit.tools.artifacts.artifact": ("Artifact",),
    "agentkit.agents.background": ("Background", "Started", "open_background"),
    "agentkit.agents.background_tools": ("background",),
    "agentkit.budget.budget": ("Budget",),
    "agentkit.budget.blocks": ("Spending", "fail_over_budget", "stop_over_budget"),
    "agentkit.budget.cache_report": ("CacheBreak", "CacheReport"),
    "agentkit.budget.charges": ("Charge",),
    "agentkit.models.client": ("session",),
    "agentkit.messages.content": ("Document", "File", "Image"),
    "agentkit.tools.run_context": ("RunContext",),
    "agentkit.agents.conversation": ("Conversation",),
    "agentkit.budget.cost_tree": ("CostTree",),
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
    "agentkit.run.events": (
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
    "agentkit.agents.fan_out": ("Done", "Failed"),
    "agentkit.run.streamed_run": ("RunHandle",),
    "agentkit.run.middleware": ("AroundModel", "AroundTool", "CallModel", "CallTool", "ModelCall", "ToolRun"),
    "agentkit.models.claude": ("ClaudeModel",),
    "agentkit.models.model": ("Model",),
    "agentkit.run.outcome": ("Outcome", "Unfinished"),
    "agentkit.run.result": ("RunResult",),
    "agentkit.models.retry": ("Retry",),
    "agentkit.run.settings": ("Settings",),
    "agentkit.run.agent_spec": ("RunOptions",),
    "agentkit.run.steps": ("InMemorySteps", "Slot", "Steps"),
    "agentkit.agents.agent_tool": ("AgentTool", "Brief"),
    "agentkit.run.delegation_terms": ("Escalate", "OnFailure", "Terms", "Verify"),
    "agentkit.tools.decorator": ("Tool", "tool"),
    "agentkit.tools.toolset": ("Toolset",),
    "agentkit.budget.prices": ("Price",),
    "agentkit.budget.usage": ("Cost", "Usage"),
}
_MODULES = {"process": "agentkit.tools.process"}
"""Modules that are exported as attributes: `agentkit.process.run(...)`."""
_EXPORTS = {name: module for module, names in _HOMES.items() for name in names}


def __getattr__(name: str) -> object:
    if name in _MODULES:
        return import_module(_MODULES[name])
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
