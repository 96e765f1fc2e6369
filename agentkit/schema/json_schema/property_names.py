"""The API's rule on the names of a tool's parameters, and the nearest names that it takes."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable

_MAX_CHARS = 64
_VALID_NAME = re.compile(rf"[a-zA-Z0-9_.-]{{1,{_MAX_CHARS}}}")
_INVALID_CHARACTER = re.compile(r"[^a-zA-Z0-9_.-]")
NAME_RULE = f"1 to {_MAX_CHARS} of the letters a to z and A to Z, digits, underscore, dot and dash"
"""The rule in words. Names of nested properties are free."""


def is_valid_property_name(name: str) -> bool:
    """Return True if the API takes the name for a property at the root of a tool's schema."""
    return _VALID_NAME.fullmatch(name) is not None


def valid_property_name(name: str) -> str:
    """Return the name itself if the API takes it, else the nearest one: `größe` is `grosse`, `$top` is `_top`."""
    if is_valid_property_name(name):
        return name
    plain = unicodedata.normalize("NFKD", name.replace("ß", "ss"))
    without_accents = "".join(character for character in plain if not unicodedata.combining(character))
    return _INVALID_CHARACTER.sub("_", without_accents)[:_MAX_CHARS] or "_"


def valid_property_names(names: Iterable[str]) -> dict[str, str]:
    """Return a valid name for each name, all of them different: one that is taken already gets a number."""
    known = list(names)
    taken = {name for name in known if is_valid_property_name(name)}
    found: dict[str, str] = {}
    for name in known:
        new = valid_property_name(name)
        if new != name:
            count = 1
            while new in taken:
                count += 1
                new = f"{valid_property_name(name)[: _MAX_CHARS - len(str(count)) - 1]}_{count}"
            taken.add(new)
        found[name] = new
    return found


def has_unwritable_letters(name: str) -> bool:
    """Return True if letters of the name are lost in the valid one, as those of other scripts are."""
    return any(character.isalnum() and valid_property_name(character) == "_" for character in name)
