"""Modules that stay: what a run of pytest inside a test is the first to import is forgotten behind it."""

from importlib import import_module

for _name in (
    "agentkit.agents.agent",
    "agentkit.models.batching.batched_model",
    "agentkit.models.sdk.transport",
    "agentkit.models.wire.asyncio_connection",
    "agentkit.models.wire.trio_connection",
    "agentkit.testing.expectations",
    "agentkit.testing.recordings",
    "agentkit.testing.scripting",
    "agentkit.tools.artifact_tools",
    "anthropic",
    "httpcore2",
    "trio",
):
    import_module(_name)
