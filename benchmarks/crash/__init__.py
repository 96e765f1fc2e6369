"""Runs that are killed and resumed, again and again: nothing that was recorded is done a second time."""
