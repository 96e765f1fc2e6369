"""Tokens, prices, costs and budgets: what was used, what it cost, what is left."""
