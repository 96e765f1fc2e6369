"""The kinds of files in which programs keep mail; reading them is tried in test_documents.py."""

import io
from pathlib import PurePath

import pytest

from agentkit_tools.mail_stores import mail_kind, messages_of_store

MAIL = b"Received: from x\n by y\nX-Other: z\nSubject: Tea\n\nHot.\n"
MBOX = b"From a@b.c Mon Jan 1 00:00:00 2024\n" + MAIL


@pytest.mark.parametrize(
    ("path", "start", "kind"),
    [
        ("a.eml", b"", "mail"),
        ("a.EMLX", b"", "emlx"),
        ("a.mbox", b"", "mbox"),
        ("Inbox", MBOX, "mbox"),
        ("Inbox", b"\xef\xbb\xbf" + MBOX, "mbox"),
        ("Local Folders/Sent-1", MBOX, "mbox"),
        ("17", MAIL, "mail"),
        ("17.M1.host:2,S", MAIL, "mail"),
        ("cur/17.M1.host", MAIL, "mail"),
        ("mail.txt", MAIL, None),
        ("README", b"From here on: read.\n", None),
        ("LICENSE", b"Name: x\nVersion: 1\n\nText\n", None),
        ("notes", b"Subject: one header makes no mail\n\n", None),
        ("notes", b"", None),
    ],
)
def test_a_file_is_recognised_by_its_name_or_its_start(path: str, start: bytes, kind: str | None) -> None:
    assert mail_kind(PurePath(path), start) == kind


def test_apple_writes_a_length_before_a_message_and_properties_behind() -> None:
    data = b"%-10d\n%b<plist/>" % (len(MAIL), MAIL)
    for stored in (data, MAIL):
        assert [message.data for message in messages_of_store(io.BytesIO(stored), "emlx")] == [MAIL]
