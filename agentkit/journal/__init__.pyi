from agentkit.journal.journal import Journal as Journal
from agentkit.journal.journal import RunInfo as RunInfo
