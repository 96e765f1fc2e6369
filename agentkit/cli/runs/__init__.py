"""`agentkit runs`: the runs of a journal, listed, shown, resumed, copied and removed."""
