"""Tokens, prices and limits: what was used, what it cost, what is left."""
