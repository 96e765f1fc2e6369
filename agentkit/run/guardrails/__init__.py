"""Guardrails: checks of what comes in, is called, comes back and goes out, and their verdicts."""
