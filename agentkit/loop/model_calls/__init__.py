"""One model call of a run: its attempts, its reservation in the budgets, the exchange with the server, refusals."""
