"""Headers of a part, and the place of its body, without a copy of either."""

from __future__ import annotations

import pytest

from agentkit_tools.mail_parts import MailPart


@pytest.mark.parametrize("line_end", [b"\n", b"\r\n", b"\r"])
def test_fields_are_kept_as_they_came(line_end: bytes) -> None:
    data = b"From x\nTo: a\nX-Long: b\n\tc\nto : \xe9\nEmpty:\n\nBody: none\n\n".replace(b"\n", line_end)
    part = MailPart(data)
    end = line_end.decode()
    assert part.headers == [("To", "a"), ("X-Long", f"b{end}\tc"), ("to", "\udce9"), ("Empty", "")]
    assert (part.get("TO"), part.get_all("to"), part.get("x-none")) == ("a", ["a", "\udce9"], "")
    assert (part.raw_body(), part.has_end) == (b"Body: none\n\n".replace(b"\n", line_end), True)


@pytest.mark.parametrize(
    ("data", "count", "body", "has_end"),
    [
        (b"", 0, b"", True),
        (b"\nText", 0, b"Text", True),
        (b"Text", 0, b"Text", False),
        (b" a: b\n: c\nA: b\n\nText", 1, b"Text", True),
        (b"A: b\nText: \xe9\nNo field\n", 2, b"No field\n", False),
        (b"A: b", 1, b"", True),
    ],
)
def test_headers_end_at_an_empty_line_or_at_what_is_none(data: bytes, count: int, body: bytes, has_end: bool) -> None:
    part = MailPart(b"x\n" + data + b"\n\nmore", 2, 2 + len(data))
    assert (len(part.headers), part.raw_body(), part.has_end) == (count, body, has_end)
