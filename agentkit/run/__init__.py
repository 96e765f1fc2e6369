"""The inputs and outputs of a run: agent spec, options, steps, events, result."""

from agentkit.lazy_exports import lazy_exports

__getattr__, __dir__, __all__ = lazy_exports(
    __name__,
    {
        "agentkit.run.agent_spec": "AgentSpec RunOptions",
        "agentkit.run.delegation_terms": "Escalate OnFailure Terms Verify",
        "agentkit.run.events": (
            "CitationDelta Compacted Event FellBack OutputRejected RunFinished RunStarted ServerToolFinished "
            "ServerToolStarted TextDelta ThinkingDelta ToolFinished ToolProgress ToolStarted TurnFinished TurnReset "
            "TurnStarted WebSource"
        ),
        "agentkit.run.guardrails.guardrail": "Check Guardrail Seen",
        "agentkit.run.guardrails.verdict_event": "VerdictGiven",
        "agentkit.run.guardrails.verdicts": "Block Caution Pass Verdict VerdictRecord",
        "agentkit.run.middleware": "AroundModel AroundTool CallModel CallTool ModelCall ToolRun",
        "agentkit.run.outcome": "Outcome Unfinished",
        "agentkit.run.result": "RunResult",
        "agentkit.run.settings": "Settings",
        "agentkit.run.steps": "InMemorySteps Slot Step Steps StepsStore",
        "agentkit.run.streamed_run": "RunHandle",
    },
)
