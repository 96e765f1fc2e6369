"""pydantic alone: the JSON Schemas of functions, without descriptions from docstrings."""

from collections.abc import Callable

from pydantic import TypeAdapter

from benchmarks.speed.measuring import serve_orders


def compiled(functions: list[Callable[..., object]]) -> object:
    """The schemas of these functions' parameters."""
    return [TypeAdapter(function).json_schema() for function in functions]


if __name__ == "__main__":
    serve_orders(None, compiled)
