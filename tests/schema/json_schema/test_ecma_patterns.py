"""Regular expressions of schemas: read as Python's where that is possible, never refused where it is not."""

from __future__ import annotations

import re

import pytest

from agentkit.schema.json_schema.ecma_patterns import compile_pattern, ecma_form, may_match, require_pattern


@pytest.mark.parametrize(
    ("pattern", "fits", "fails"),
    [
        (r"^(?<year>\d{4})-(?<month>\d{2})$", "2026-01", "2026"),
        (r"^(?P<year>\d{4})$", "2026", "26"),
        (r"^(?<quote>['\"])x\k<quote>$", "'x'", "'x\""),
        (r"^[^]$", "\n", "ab"),
        (r"^(a|[])$", "a", "b"),
        (r"^[(?<a>]+$", "<?", "b"),
        (r"^\(?<b$", "(<b", "b"),
        (r"^[[a]$", "[", "b"),
        (r"^\/x\/$", "/x/", "x"),
    ],
)
def test_a_pattern_that_python_can_express_is_checked(pattern: str, fits: str, fails: str) -> None:
    require_pattern(pattern)
    assert (may_match(pattern, fits), may_match(pattern, fails)) == (True, False)


@pytest.mark.parametrize(
    "pattern",
    [r"^[\p{L}\p{N} _-]+$", r"\P{Lu}", r"^\u{1F600}+$", r"\cJ", r"(?<=a+)b", r"(?<!a*)b", "a{1,99999999999999999999}"],
)
def test_a_pattern_that_python_cannot_express_is_sound_and_fits_every_text(pattern: str) -> None:
    require_pattern(pattern)
    assert compile_pattern(pattern) is None
    assert may_match(pattern, "anything")


@pytest.mark.parametrize("pattern", ["(", "[", "*", r"\p{L}(", r"(?<a>", "a)"])
def test_a_text_that_is_no_pattern_in_either_dialect_is_an_error(pattern: str) -> None:
    with pytest.raises(re.error):
        require_pattern(pattern)


@pytest.mark.parametrize(
    ("pattern", "ecma"),
    [
        (r"^(?P<y>\d+)-(?P=y)$", r"^(?<y>\d+)-\k<y>$"),
        (r"\Aa\Z", r"^a$(?!\n)"),
        (r"^a\z", r"^a$(?!\n)"),
        (r"[(?P<a>\Z]\\Z", r"[(?P<a>\Z]\\Z"),
        (r"^\p{L}+$", r"^\p{L}+$"),
    ],
)
def test_a_pattern_of_python_is_written_as_ecmascript_has_it(pattern: str, ecma: str) -> None:
    assert ecma_form(pattern) == ecma
