"""The checks that the real Messages API makes of a request, with its error texts."""

from agentkit.simulator.rules.refusal import NEWEST_VERSION, Edition, Refusal
from agentkit.simulator.rules.validation import refuse, refuse_headers

__all__ = ["NEWEST_VERSION", "Edition", "Refusal", "refuse", "refuse_headers"]
