from agentkit.evals.office.tasks import suite as suite
