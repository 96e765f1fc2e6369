"""Tell types that a docstring repeats (`city (str, optional)`) from what only the docstring says (`temp (Kelvin)`)."""

from __future__ import annotations

import ast
import re

_KNOWN_TYPES = frozenset(
    (
        *("str", "string", "int", "integer", "float", "number", "decimal", "bool", "boolean", "bytes", "none", "null"),
        *("list", "array", "tuple", "dict", "dictionary", "mapping", "object", "set", "frozenset", "sequence", "any"),
        *(
            "iterable",
            "collection",
            "callable",
            "date",
            "time",
            "datetime",
            "timedelta",
            "path",
            "uuid",
            "enum",
            "type",
        ),
    )
)
_CONNECTORS = frozenset(("of", "or", "and", "to", "a", "an", "optional", "required"))
_WORD = re.compile(r"\w+")


def adds_to_annotation(text: str, annotation: object) -> bool:
    """Return True if the text in the place of a type says more than the annotation, which the schema shows."""
    return not all(_is_type(part.strip(), str(annotation)) for part in _split_at_commas(text))


def _split_at_commas(text: str) -> list[str]:
    """Split at the commas that stand outside of brackets."""
    parts, depth = [""], 0
    for character in text:
        depth += (character in "([{") - (character in ")]}")
        if character == "," and depth <= 0:
            parts.append("")
        else:
            parts[-1] += character
    return parts


def _is_type(text: str, annotation: str) -> bool:
    words = _WORD.findall(text)
    if not words:
        return not text
    if all(_is_type_word(word, annotation) or word in _CONNECTORS for word in words):
        return not re.search(r"[\"'{}]", text)  # quoted values, `{'C', 'F'}`, stand in the docstring alone
    try:
        tree = ast.parse(text, mode="eval").body
    except (SyntaxError, ValueError):
        return False
    return isinstance(tree, ast.Subscript | ast.BinOp) and all(_is_type_node(node) for node in ast.walk(tree))


def _is_type_word(word: str, annotation: str) -> bool:
    lower = word.lower()
    return lower in _KNOWN_TYPES or lower.removesuffix("s") in _KNOWN_TYPES or word in _WORD.findall(annotation)


def _is_type_node(node: ast.AST) -> bool:
    """Return True for the parts of `list[Line]`, `str | None` and `typing.Optional[int]`."""
    if isinstance(node, ast.Constant):
        return node.value is None or node.value is Ellipsis
    kinds = (ast.Name, ast.Attribute, ast.Subscript, ast.BinOp, ast.BitOr, ast.Tuple, ast.List, ast.Load)
    return isinstance(node, kinds)
