"""JSON Schema itself: check a value, walk and transform a schema, describe constraints in words."""
