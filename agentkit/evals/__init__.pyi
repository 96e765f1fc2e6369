from agentkit.evals import arena as arena
from agentkit.evals import statistics as statistics
