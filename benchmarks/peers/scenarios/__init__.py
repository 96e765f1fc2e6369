"""The faults that every framework meets, each with its script, its right behaviour and its judge."""

from __future__ import annotations

from benchmarks.peers.scenarios import server, tools, turns
from benchmarks.peers.scenarios.scenario import Scenario

SCENARIOS: tuple[Scenario, ...] = (*tools.SCENARIOS, *turns.SCENARIOS, *server.SCENARIOS)
"""All of them, in the order of the table."""

__all__ = ["SCENARIOS", "Scenario"]
