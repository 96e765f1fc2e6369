from agentkit.evals import statistics as statistics
