"""Docstrings as descriptions: Google, NumPy and reST forms of functions and classes.

Two rules for this file: reading never raises, and nothing is invented: what the docstring does not say is "".
"""

from __future__ import annotations

import inspect
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

_NOTHING: Mapping[str, str] = MappingProxyType({})
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
class Docs:
    """What a docstring says."""

    description: str = ""
    """Summary and body, as written, without the sections that have a place of their own."""
    parameters: Mapping[str, str] = field(default_factory=lambda: _NOTHING)
    """Parameter or attribute name -> its text, each paragraph on one line."""


def read_docs(obj: object) -> Docs:
    """Read the docstring of a function, method or class.

    A class counts only with a docstring of its own: inherited ones, and those that `dataclass`, `NamedTuple` and
    `Enum` make up, describe something else. A docstring that cannot be parsed is the description as it stands.
    """
    text = own_docstring(obj) if isinstance(obj, type) else inspect.getdoc(obj)
    return parse_docs(text) if text and text.strip() else Docs()


def own_docstring(cls: type) -> str | None:
    """The docstring written in the class itself. None when there is none, or when Python made it up."""
    text = cls.__dict__.get("__doc__")
    if not isinstance(text, str):
        return None
    made_up = text.startswith(f"{cls.__name__}(") or text == "An enumeration."
    return None if made_up else inspect.cleandoc(text)


def parse_docs(text: str) -> Docs:
    """Parse the text of a docstring."""
    from docstring_parser import ParseError, parse  # costs 20 ms: only programs that define tools pay

    text = inspect.cleandoc(text)
    try:
        parsed = parse(text)
    except (ParseError, ValueError, IndexError, KeyError, AttributeError, TypeError):
        # The parser's own failures on text that only looks like one of the forms.
        return Docs(text)
    parameters: dict[str, str] = {}
    for item in parsed.params:
        for name in item.arg_name.split(","):
            if item.description:
                parameters.setdefault(name.strip().lstrip("*"), _join_lines(item.description))
    for name, said in _REST_ATTRIBUTE.findall(text):
        parameters.setdefault(name, _join_lines(said))
    return Docs(_description(text), MappingProxyType(parameters))


def _description(text: str) -> str:
    """The docstring without the sections that say parameters, results and errors; everything else as written."""
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
    """Undo the wrapping of a parameter's text; lists and paragraphs stay apart."""
    lines: list[str] = []
    for line in inspect.cleandoc(text).splitlines():
        stripped = line.strip()
        starts_anew = not stripped or _LIST_ITEM.match(stripped) or not lines or not lines[-1]
        if starts_anew:
            lines.append(stripped)
        else:
            lines[-1] = f"{lines[-1]} {stripped}"
    return "\n".join(lines).strip()
