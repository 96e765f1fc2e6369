"""Convert a Python type to the JSON Schema that Claude accepts, lossless or strict, and JSON to values of the type."""

from agentkit.lazy_exports import lazy_exports

__getattr__, __dir__, __all__ = lazy_exports(
    __name__,
    {
        "agentkit.schema.compiler": "ArgumentsSchema TypeSchema compile_parameters compile_type",
        "agentkit.schema.parameters": "MISSING Parameter",
    },
)
