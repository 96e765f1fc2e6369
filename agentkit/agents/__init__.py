"""Agents and sub-agents: run, stream, converse, map, delegate."""

from agentkit.lazy_exports import lazy_exports

__getattr__, __dir__, __all__ = lazy_exports(
    __name__,
    {
        "agentkit.agents.agent": "Agent",
        "agentkit.agents.agent_tool": "AgentTool Brief",
        "agentkit.agents.background_runs": "Background Started open_background",
        "agentkit.agents.background_tools": "background",
        "agentkit.agents.completions": "Completions",
        "agentkit.agents.conversation": "Conversation",
        "agentkit.agents.fan_out": "Done Failed",
    },
)
