r"""Read the regular expressions of JSON Schemas, which are ECMAScript's, with Python's module `re`.

Schemas of other systems use forms that Python does not have, such as `\p{L}`. Such a pattern is not checked
here: whoever gets the value checks it.
"""

from __future__ import annotations

import re
import warnings
from functools import lru_cache

_TRANSLATED = re.compile(
    r"""\\k<(?P<reference>\w+)> | \(\?<(?P<group>[A-Za-z_]\w*)> | (?P<any>\[\^\]) | (?P<nothing>\[\])
    | \[(?:\\.|[^\]\\])*\] | \\.""",
    re.VERBOSE | re.DOTALL,
)
"""The forms that Python has too, in another notation; after them those that may hide one: classes and escapes."""
_PYTHON = re.compile(
    r"\(\?P<(?P<group>\w+)>|\(\?P=(?P<reference>\w+)\)|\[(?:\\.|[^\]\\])*\]|\\.",
    re.DOTALL,
)
"""The forms of Python's that ECMAScript writes otherwise, and those that may hide one."""
_ANCHORS = {r"\A": "^", r"\Z": r"$(?!\n)", r"\z": r"$(?!\n)"}
_ONLY_ECMA = re.compile(r"\\[pP]\{[^}]*\}|\\u\{[0-9A-Fa-f]+\}|\\c[A-Za-z]|\\.|(?P<behind>\(\?<[=!])", re.DOTALL)
"""The forms that Python does not have; a lookbehind only where its length varies."""


def ecma_form(pattern: str) -> str:
    r"""Return a pattern of Python's or Rust's in ECMAScript's notation: named groups, `\A`, `\Z` and `\z`."""

    def translate(found: re.Match[str]) -> str:
        if found["group"]:
            return f"(?<{found['group']}>"
        if found["reference"]:
            return rf"\k<{found['reference']}>"
        return _ANCHORS.get(found[0], found[0])

    return _PYTHON.sub(translate, pattern)


@lru_cache(maxsize=2_000)
def compile_pattern(pattern: str) -> re.Pattern[str] | None:
    """Return the expression for Python. None: Python cannot express it."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # `[[` may mean something else in a later Python
        for attempt in (pattern, _TRANSLATED.sub(_python_form, pattern)):
            try:
                return re.compile(attempt)
            except (re.error, OverflowError):  # OverflowError: more repetitions than Python counts
                continue
    return None


def may_match(pattern: str, text: str) -> bool:
    """Return True if the pattern is found in a text, or if Python cannot tell."""
    compiled = compile_pattern(pattern)
    return compiled is None or compiled.search(text) is not None


def require_pattern(pattern: str) -> None:
    """Raise re.error for a text that is a regular expression in neither dialect."""
    if compile_pattern(pattern) is None:
        try:
            re.compile(_ONLY_ECMA.sub(_stand_in, _TRANSLATED.sub(_python_form, pattern)))
        except OverflowError:
            return


def _python_form(found: re.Match[str]) -> str:
    match found.lastgroup:
        case "reference":
            return f"(?P={found['reference']})"
        case "group":
            return f"(?P<{found['group']}>"
        case "any":
            return r"[\s\S]"
        case "nothing":
            return r"(?!)"
        case _:
            return found[0]


def _stand_in(found: re.Match[str]) -> str:
    """Return a form of Python's in place of one that it does not have, so that the rest of the pattern is checked."""
    if found["behind"]:
        return "(?:"
    return "a" if len(found[0]) > 2 else found[0]
