from agentkit.journal.journal import Journal as Journal
from agentkit.journal.run_info import RunInfo as RunInfo
