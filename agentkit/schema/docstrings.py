"""Parse docstrings of functions and classes (Google, NumPy, reST) into descriptions for JSON Schema.

Two rules for this file: parsing never raises, and a description that the docstring does not give is "".
"""

from __future__ import annotations

import inspect
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

_NO_PARAMETERS: Mapping[str, str] = MappingProxyType({})
_REST_ATTRIBUTE = re.compile(r"^:[ic]?var\s+(?:[^:]*\s)?(\w+):[ \t]*(.*(?:\n[ \t]+.*)*)", re.MULTILINE)
_REST_FIELD = re.compile(
    r"^:(?:param|parameter|arg|argument|key|keyword|attribute|type|raises?|except|exception|returns?|rtype|yields?"
    r"|[ic]?var|vartype)\b[^:\n]*:.*(?:\n(?:[ \t]+.*|(?=\n[ \t])))*\n?",
    re.MULTILINE,
)
_SECTION = re.compile(
    r"(?:Args|Arguments|Params|Parameters|Other Parameters|Attributes|Keyword Args|Keyword Arguments"
    r"|Raises|Exceptions|Except|Returns?|Yields?):?\s*"
)
_LIST_ITEM = re.compile(r"^([-*+•]|\d+[.)])\s")


@dataclass(frozen=True, slots=True)
class ParsedDocstring:
    """The parts of a docstring that become descriptions."""

    description: str = ""
    """Summary and body as written, without the sections for parameters, results and errors."""
    parameters: Mapping[str, str] = field(default_factory=lambda: _NO_PARAMETERS)
    """Text by parameter or attribute name, with each paragraph on one line."""


def read_docstring(obj: object) -> ParsedDocstring:
    """Read the docstring of a function, method or class.

    Of a class only a docstring written in the class itself is read: inherited ones, and those that `dataclass`,
    `NamedTuple` and `Enum` generate, describe something else. A docstring that cannot be parsed becomes the
    description unchanged.
    """
    text = own_docstring(obj) if isinstance(obj, type) else inspect.getdoc(obj)
    return parse_docstring(text) if text and text.strip() else ParsedDocstring()


def own_docstring(cls: type) -> str | None:
    """Return the docstring written in the class itself. None: there is none, or Python generated it."""
    text = cls.__dict__.get("__doc__")
    if not isinstance(text, str):
        return None
    made_up = text.startswith(f"{cls.__name__}(") or text == "An enumeration."
    return None if made_up else inspect.cleandoc(text)


def parse_docstring(text: str) -> ParsedDocstring:
    """Parse the text of a docstring. Text that cannot be parsed becomes the description unchanged."""
    from docstring_parser import ParseError, parse  # takes 20 ms to import: only programs that define tools need it

    text = inspect.cleandoc(text)
    try:
        parsed = parse(text)
    except (ParseError, ValueError, IndexError, KeyError, AttributeError, TypeError):
        # docstring_parser raises all of these on text that only resembles a known style.
        return ParsedDocstring(text)
    parameters: dict[str, str] = {}
    for item in parsed.params:
        for name in item.arg_name.split(","):
            if item.description:
                parameters.setdefault(name.strip().lstrip("*"), _join_lines(item.description))
    for name, said in _REST_ATTRIBUTE.findall(text):
        parameters.setdefault(name, _join_lines(said))
    return ParsedDocstring(_description_without_sections(text), MappingProxyType(parameters))


def _description_without_sections(text: str) -> str:
    """Return the docstring without the sections for parameters, results and errors."""
    lines = _REST_FIELD.sub("", text).splitlines()
    kept: list[str] = []
    is_inside = is_numpy = False
    for i, line in enumerate(lines):
        is_underlined = i + 1 < len(lines) and bool(re.fullmatch(r"-{3,}", lines[i + 1].strip()))
        is_headed = _SECTION.fullmatch(line) is not None and line.endswith(":")
        if is_underlined or is_headed:
            is_inside = _SECTION.fullmatch(line) is not None
            is_numpy = is_underlined
        elif is_inside and not is_numpy and line and not line[0].isspace():
            is_inside = False
        if not is_inside:
            kept.append(line)
    return re.sub(r"\n{3,}", "\n\n", "\n".join(kept)).strip()


def _join_lines(text: str) -> str:
    """Join the wrapped lines of a parameter's text; list items and paragraphs stay separate."""
    lines: list[str] = []
    for line in inspect.cleandoc(text).splitlines():
        stripped = line.strip()
        starts_anew = not stripped or _LIST_ITEM.match(stripped) or not lines or not lines[-1]
        if starts_anew:
            lines.append(stripped)
        else:
            lines[-1] = f"{lines[-1]} {stripped}"
    return "\n".join(lines).strip()
