"""Python functions as tools: definition, arguments, results."""

from agentkit.lazy_exports import lazy_exports

__getattr__, __dir__, __all__ = lazy_exports(
    __name__,
    {
        "agentkit.tools.artifacts.artifact": "Artifact",
        "agentkit.tools.artifacts.store": "KeptArtifact",
        "agentkit.tools.decorator": "tool",
        "agentkit.tools.definition": "Tool",
        "agentkit.tools.options": "ToolOptions",
        "agentkit.tools.process": "process",
        "agentkit.tools.reconcile": "CallOutcome NOT_DONE UNKNOWN",
        "agentkit.tools.run_context": "RunContext",
        "agentkit.tools.toolset": "Toolset",
    },
)
