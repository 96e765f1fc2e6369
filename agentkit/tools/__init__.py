"""Python functions as tools: definition, arguments, results."""
