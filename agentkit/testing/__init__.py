"""What agents are tested with: scripts that play the model, everything else real."""

from agentkit.simulator.reply import Reply
from agentkit.testing.scripting import script

__all__ = ["Reply", "script"]
