"""Agents and sub-agents: run, stream, converse, map, delegate."""
