"""The fields by which mail is sorted, in every form in which they come."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agentkit_tools.mail_identity import addresses_of, base_subject, content_key, message_ids, parse_date

NEW_YEAR = 1_704_067_200


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("Mon, 01 Jan 2024 00:00:00 +0000", NEW_YEAR),
        ("1 jan 2024 01:00 +0100 (CET)", NEW_YEAR),
        ("Sun, 31 Dec 2023 19:30:00 -0430", NEW_YEAR),
        ("Mon, 1 Jan 24 00:00:00 GMT", NEW_YEAR),
        ("Sun, 31 Dec 2023 19:00:00 EST", NEW_YEAR),
        ("Mon, 1 Jan 2024 00:00:00", NEW_YEAR),
        ("Mon Jan  1 00:00:00 2024", NEW_YEAR),
        ("2024-01-01T01:00:00+01:00", NEW_YEAR),
        ("2024-01-01 00:00", NEW_YEAR),
        ("01-JAN-2024 00:00:00", NEW_YEAR),
        ("Mon Jan 01 2024 01:00:00 GMT+0100 (CET)", NEW_YEAR),
        ("Mon, 1 Jan 2024 00:00:00 -9223372036854775808", NEW_YEAR),
        ("Mon, 1 Jan 2024 00:00:00 +99999999", NEW_YEAR),
        ("2024-01-01", NEW_YEAR),
        ("0001-01-01T00:00:00+14:00", None),
        ("Thu, 1 Jan 1970 00:00:00 +0000", 0),
        ("", None),
        ("tomorrow", None),
        ("Mon, 32 Jan 2024 00:00:00 +0000", None),
        ("Mon, 01 Jan 2024 25:00:00 +0000", None),
        ("Mon, 01 Jan 99999 00:00:00 +0000", None),
        ("Mon, 01 Foo 2024 00:00:00 +0000", None),
        ("Mon, 01 Jan 0001 00:00:00 +0000", None),
    ],
)
def test_a_date_is_read_in_utc_or_is_none(text: str, seconds: int | None) -> None:
    assert parse_date(text) == seconds


@pytest.mark.parametrize(
    ("header", "people"),
    [
        ("Anna <a@b.c>", [("Anna", "a@b.c")]),
        ('"Adler, Anna" <A@B.c>, d@e.f', [("Adler, Anna", "a@b.c"), ("", "d@e.f")]),
        ("a@b.c (Anna)", [("Anna", "a@b.c")]),
        ("Team: a@b.c, Ben <d@e.f>;", [("", "a@b.c"), ("Ben", "d@e.f")]),
        ("undisclosed-recipients:;", []),
        ("=?utf-8?q?Eve_=3Ca=40b=2Ec=3E=2C?= <eve@x.y>", [("Eve <a@b.c>,", "eve@x.y")]),
        ('"\\"Q\\"" <q@x.y>', [("Q", "q@x.y")]),
        ("'a@b.c' <a@b.c>", [("a@b.c", "a@b.c")]),
        ("<mailto:a@b.c>", [("", "a@b.c")]),
        ("a @ b.c", []),
        ("root", [("", "root")]),
        ("no address here", []),
        ("<>", []),
        ('"unclosed <a@b.c>', [("unclosed", "a@b.c")]),
        ("a@b.c (Anna <d@e.f>", [("a@b.c Anna", "d@e.f")]),
        ('"' + '\\"' * 50_000, []),
        ("(" + "\\(" * 50_000, []),
        ("", []),
    ],
    ids=lambda value: str(value)[:40],
)
def test_people_are_taken_out_of_a_header(header: str, people: list[tuple[str, str]]) -> None:
    assert addresses_of(header) == people


@pytest.mark.parametrize(
    ("subject", "base", "is_answer"),
    [
        ("Tea", "tea", False),
        ("Re: Tea", "tea", True),
        ("RE: aw: Fwd: [list] Re[2]: Tea  time (fwd)", "tea time", True),
        ("[list] Tea", "tea", False),
        ("\u56de\u590d\uff1aTea", "tea", True),
        ("Re", "re", False),
        ("Rent: paid", "rent: paid", False),
        ("Re:", "", True),
    ],
)
def test_marks_of_answers_are_no_part_of_a_subject(subject: str, base: str, is_answer: bool) -> None:
    assert base_subject(subject) == (base, is_answer)


def test_ids_are_found_among_other_words() -> None:
    assert message_ids('"Your letter" of Monday <1@x>\n <2@x> <no id> <') == ["1@x", "2@x"]
    assert len(message_ids("<a@b> " * 1_000)) == 100


def test_a_message_is_the_same_however_it_is_kept() -> None:
    data = b"From: a@b.c\nSubject: Tea\n\nText\n"
    key = content_key(data)
    status = b"X-GM-THRID: 1\nX-Gmail-Labels: Inbox\nX-Mozilla-Status: 0001\nX-Mozilla-Keys:\n  a\n"
    kept = (
        data + b"\n\n",
        data.replace(b"\n", b"\r\n"),
        status + data,
        data.replace(b"Subject", b"Status: O\nSubject"),
    )
    assert {content_key(each) for each in kept} == {key}
    others = (b"", data.replace(b"Tea", b"tea"), data.replace(b"Text", b"Status: O\n\nText"), data[:-2], b"x" + data)
    assert len({content_key(each) for each in others} | {key}) == 6


@given(st.text(max_size=60), st.binary(max_size=60))
def test_nothing_of_a_mail_makes_it_fail(text: str, data: bytes) -> None:
    parse_date(text)
    message_ids(text)
    base_subject(text)
    content_key(data)
    for name, address in addresses_of(text):
        assert address
        f"{name} {address}".encode()


@pytest.mark.parametrize(
    ("header", "ids"),
    [
        ("<a@b> <c@d>", ["a@b", "c@d"]),
        ("Yours of Monday <a@b>", ["a@b"]),
        ("< a@b >", ["a@b"]),
        ("<a@\n b>", ["a@b"]),
        ("a@b", ["a@b"]),
        ("=?utf-8?q?=3Ca=40?=\n =?utf-8?q?b=3E?=", ["a@b"]),
        ("<a@b", ["a@b"]),
        ("Yours of Monday", []),
        ("<> < >", []),
        ("", []),
    ],
)
def test_ids_are_found_in_any_form(header: str, ids: list[str]) -> None:
    assert message_ids(header) == ids


def test_time_grows_with_the_length_of_a_subject_alone() -> None:
    for piece in (" ", "Re: ", "(fwd) ", "[x]", "Re"):
        base_subject(piece * 300_000 + "x")
    assert base_subject("Re: [x] Tea (Fwd) ") == ("tea", True)
