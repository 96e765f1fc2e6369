"""Convert a Python type to the JSON Schema that Claude accepts, lossless or strict, and JSON to values of the type."""

from agentkit.schema.compiler import MISSING, ArgumentsSchema, Parameter, TypeSchema, compile_parameters, compile_type

__all__ = ["MISSING", "ArgumentsSchema", "Parameter", "TypeSchema", "compile_parameters", "compile_type"]
