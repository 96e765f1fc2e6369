"""The messages of an mbox file, one at a time."""

from __future__ import annotations

import hashlib
import io

import pytest

from agentkit_tools import mbox
from agentkit_tools.mbox import messages_of_mbox


def messages(data: bytes) -> list[bytes | None]:
    return [message.data for message in messages_of_mbox(io.BytesIO(data))]


def test_a_line_from_begins_a_message() -> None:
    data = b"From a\nSubject: 1\n\nOne.\n\nFrom b\nSubject: 2\n\nTwo.\n"
    assert messages(data) == [b"Subject: 1\n\nOne.\n\n", b"Subject: 2\n\nTwo.\n"]


@pytest.mark.parametrize("line", [b"From here on it rains.", b">From here on it rains."])
def test_one_in_the_middle_of_a_text_does_not(line: bytes) -> None:
    (found,) = messages(b"From a\nSubject: 1\n\nOne.\n\n" + line + b"\nAnd on.\n")
    assert found is not None
    assert found.endswith(b"From here on it rains.\nAnd on.\n")


def test_a_letter_that_talks_of_from_is_one_message() -> None:
    text = b"Hi,\n\nFrom what I hear:\nNote: bring tea.\n\nFrom now on\nhttp://tea.example\n\nFrom Anna\nPS: bye\n"
    assert messages(b"From a\nSubject: 1\n\n" + text) == [b"Subject: 1\n\n" + text]
    for line in (b"From a@b.c Mon Jan  1 10:00:00 2024\nOdd: 2", b"From \nX-Odd: 2", b"From -\nmessage-id: 2"):
        assert len(messages(b"From a\nSubject: 1\n\nText\n\n" + line + b"\n\nText\n")) == 2


def test_an_archive_of_usenet_is_split() -> None:
    for header in (b"Path", b"Xref", b"Newsgroups", b"Relay-Version", b"Approved"):
        assert len(messages((b"From -4826398421623513\n" + header + b": x\nSubject: 1\n\nText\n\n") * 3)) == 3


def test_what_stands_before_the_first_is_no_message() -> None:
    assert messages(b"no mail\n") == []
    assert messages(b"") == []


def test_a_message_that_is_too_big_is_passed_over(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(mbox, "MOST_BYTES", 30)
    data = b"From a\nSubject: 1\n\n" + b"x" * 50 + b"\n\nFrom b\nSubject: 2\n\nTwo.\n"
    assert messages(data) == [None, b"Subject: 2\n\nTwo.\n"]


def test_a_byte_order_mark_before_the_first_message_is_none_of_it() -> None:
    assert messages(b"\xef\xbb\xbfFrom a\nSubject: 1\n\nOne.\n") == [b"Subject: 1\n\nOne.\n"]


def test_a_full_separator_needs_no_empty_line_before_it() -> None:
    for line in (
        b"From a@b.c Mon Jan  1 10:00:00 2024",
        b"From ???@??? Mon Jan 01 10:00:00 +0100 2024",
        b"From - Mon, Jan  1 10:00:00 2024",
        b"From anna at tea.example Mon Jan  1 10:00 2024 (+0100)",
        b"From ",
    ):
        assert len(messages(b"From a\nSubject: 1\n\nOne.\n" + line + b"\nSubject: 2\n\nTwo.\n")) == 2
    for line in (
        b"From a@b.c on Mon Jan 1, 10:00 2024",
        b"From 10:00 on it rains",
        b"From " + b"Mon Jan 1 10:00 " * 4_000,
    ):
        assert len(messages(b"From a\nSubject: 1\n\nOne.\n" + line + b"\nSubject: 2\n\nTwo.\n")) == 1


@pytest.mark.parametrize("line_end", [b"\n", b"\r\n"])
def test_a_message_ends_where_its_content_length_says(line_end: bytes) -> None:
    text = b"One.\n\nFrom x Mon Jan  1 10:00:00 2024\nSubject: inner\n\nInner.\n".replace(b"\n", line_end)
    last = b"From b" + line_end + b"Subject: 2" + line_end * 2 + b"Two."
    for length, following, count in (
        (len(text), line_end + last, 2),
        (len(text), last, 2),
        (len(text), b"", 1),
        (len(text) - 3, line_end + last, 3),
        (10, line_end + last, 3),
        (999_999, line_end + last, 3),
        (10**9, line_end + last, 3),
    ):
        head = b"From a" + line_end + b"Content-length:  %d" % length + line_end * 2
        assert len(messages(head + text + following)) == count, (length, following)


@pytest.mark.parametrize("line_end", [b"\n", b"\r\n", b"\r"])
def test_messages_are_the_same_in_blocks_of_any_size(monkeypatch: pytest.MonkeyPatch, line_end: bytes) -> None:
    data = b"".join(
        b"From %d\nSubject: %d\n\n>From x\nFrom y\n\nFrom no header\n%b\n\n" % (n, n, b"z" * (n * 7)) for n in range(40)
    ).replace(b"\n", line_end)
    whole = messages(data)
    assert len(whole) == 40
    monkeypatch.setattr(mbox, "_AHEAD_BYTES", 30)
    for size in (1, 31, 100):
        monkeypatch.setattr(mbox, "_BLOCK_BYTES", size)
        digest = hashlib.sha256()
        starts: list[int] = []
        for stored in messages_of_mbox(io.BytesIO(data), digest=digest):
            starts.append(stored.start)
            assert stored.before == hashlib.sha256(data[: stored.start]).digest()
        assert digest.digest() == hashlib.sha256(data).digest()
        assert messages(data) == whole
        later = messages_of_mbox(io.BytesIO(data), start=starts[7])
        assert [stored.data for stored in later] == whole[7:]


@pytest.mark.parametrize(
    "piece", [b"1:1", b"\nFrom ", b"\nFrom \n", b"\nFrom Mon Jan 1 10:00 ", b"\n\nFrom 1:1 ", b"\n\n"]
)
def test_time_grows_with_the_length_alone(piece: bytes) -> None:
    text = piece * (400_000 // len(piece))
    assert messages(b"From a\nSubject: 1\n\n\nFrom " + text + b"\n")
