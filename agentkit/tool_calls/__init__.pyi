from agentkit.tool_calls.watchdog import Blockage as Blockage
from agentkit.tool_calls.watchdog import blockages as blockages
