"""Strict mode: derive the strict form of a schema, and decide which tools of a request are strict."""
