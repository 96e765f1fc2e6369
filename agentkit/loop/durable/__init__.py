"""Durable runs: what a journal records of a run beside its tool calls, and how a run that has ended is rebuilt."""
