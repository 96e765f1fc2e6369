"""agentkit: tool-using agents on Claude.

Python functions with typed parameters become tools, a strong model delegates to cheap ones, and a loop runs the
calls here and returns a result whatever goes wrong. Importing the package is cheap: names load on first use.
"""

from agentkit.lazy_exports import lazy_exports

__getattr__, __dir__, __all__ = lazy_exports(
    __name__,
    {
        "agentkit.agents": (
            "Agent AgentTool Background Brief Conversation Done Failed Started background open_background"
        ),
        "agentkit.budget": (
            "Budget CacheBreak CacheReport Charge Cost CostTree Price Spending Usage fail_over_budget stop_over_budget"
        ),
        "agentkit.errors": (
            "AgentkitError BudgetExceeded ConfigurationError DefinitionError InvalidArguments InvalidContent "
            "JournalError ModelError RunConflict RunInProgress RunIncomplete Suggestion ToolError ToolTimeout "
            "UsageError"
        ),
        "agentkit.journal": "Journal RunInfo",
        "agentkit.messages": "Container Content Document File Image",
        "agentkit.models": "ClaudeModel Model Retry session",
        "agentkit.redaction": "Redactor",
        "agentkit.run": (
            "AroundModel AroundTool Block CallModel CallTool Caution Check CitationDelta Compacted Escalate Event "
            "FellBack Guardrail InMemorySteps ModelCall OnFailure Outcome OutputRejected Pass RunFinished RunHandle "
            "RunOptions RunResult RunStarted Seen ServerToolFinished ServerToolStarted Settings Slot Step Steps "
            "StepsStore Terms TextDelta ThinkingDelta ToolFinished ToolProgress ToolRun ToolStarted TurnFinished "
            "TurnReset TurnStarted Unfinished Verdict VerdictGiven VerdictRecord Verify WebSource"
        ),
        "agentkit.tool_calls": "blockages",
        "agentkit.tools": "Artifact CallOutcome KeptArtifact NOT_DONE RunContext Tool Toolset UNKNOWN process tool",
    },
)
