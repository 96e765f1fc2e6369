"""The offline responder: a deterministic reader, a delegating lead and a classifier by examples; no language model."""

from agentkit.simulator.offline.responder import OfflineResponder
from agentkit.simulator.offline.responder import OfflineResponder as OfflineMind  # the name in documentation

__all__ = ["OfflineMind", "OfflineResponder"]
