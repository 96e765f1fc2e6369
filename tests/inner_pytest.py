"""Modules that stay: what a run of pytest inside a test is the first to import is forgotten behind it."""

from importlib import import_module

for _name in ("anthropic", "agentkit.loop.agent_loop", "agentkit.testing.recordings", "agentkit.testing.scripting"):
    import_module(_name)
