"""Running evaluations: trials of agents and pipelines, their grading, the order and number of tries, the store."""
