"""What the index keeps of a message."""

from __future__ import annotations

import pytest

from agentkit import Document
from agentkit.patterns.mail import parsed_message
from agentkit.patterns.mail.parsed_message import parse_document, parse_message
from tests.patterns.mail.mailboxes import mail


def test_fields_are_decoded_and_put_in_order() -> None:
    found = parse_message(
        mail(
            "=?utf-8?q?Re:_Gr=C3=BC=C3=9Fe?=", "Hot.", to="a@b.c, d@e.f", cc="g@h.i", bcc="j@k.l", file="a.csv",
            message_id="<1@x>", references="<2@x>\n <3@x>", in_reply_to="<3@x>",
        )
    )  # fmt: skip
    assert (found.subject, found.topic, found.is_answer) == ("Re: Gr\u00fc\u00dfe", "gr\u00fcsse", False)
    assert (found.sender, found.receivers, found.copies) == (
        "Anna Adler <anna@example.com>", "a@b.c, d@e.f", "g@h.i, j@k.l",
    )  # fmt: skip
    assert (found.own_id, found.references, found.date) == ("1@x", ("2@x", "3@x"), 1_704_103_200)
    assert (found.text, found.attachments) == ("Hot.", (("a.csv", "text/csv", 19),))
    assert found.people[0] == ("from", "Anna Adler", "anna@example.com")
    assert [address for _, _, address in found.people[1:]] == ["a@b.c", "d@e.f", "g@h.i", "j@k.l"]
    assert parse_message(mail("Re: Tea")).is_answer


def test_recipients_beyond_what_is_shown_are_kept() -> None:
    to = ", ".join(f"somebody{n}@example.com" for n in range(500))
    assert parse_message(mail(to=to)).receivers == to


def test_a_date_is_taken_from_the_way_of_a_mail_that_says_none() -> None:
    data = mail(day="x", received="from a by b; Mon, 01 Jan 2024 10:00:00 +0000")
    assert parse_message(data).date == 1_704_103_200
    assert parse_message(mail(day="x")).date is None


def test_a_text_that_is_too_long_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(parsed_message, "MOST_TEXT_CHARS", 10)
    assert (
        parse_message(mail(text="x" * 20)).text
        == "x" * 10 + "\n\n[the rest of this message is not indexed: it is too long]"
    )


def test_a_document_is_a_message_without_people() -> None:
    found = parse_document(Document("d", "Tea\r\nis \ud800 hot.", "All\nof it"))
    assert (found.subject, found.text, found.people, found.date) == ("All of it", "Tea\nis \ufffd hot.", (), None)
    assert parse_document(Document("d", "")).subject == "d"
    assert found.key != parse_document(Document("e", "Tea\r\nis \ud800 hot.", "All\nof it")).key
