"""JSON Schema itself: checking a value, walking a schema, constraints in words."""
