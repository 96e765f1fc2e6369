"""Files in the text of mail, as they were sent before MIME."""

import binascii

from agentkit_tools.files_in_text import without_files
from agentkit_tools.mail_headers import file_name
from agentkit_tools.mail_parsing import body
from agentkit_tools.mail_text import read_mail

DATA = b"Forty kilos of tea.\n" * 9
ENCODED = "".join(binascii.b2a_uu(DATA[at : at + 45]).decode() for at in range(0, len(DATA), 45))


def test_a_file_in_a_text_is_an_attachment() -> None:
    text = f'See:\n\nbegin 644 caf\u00e9 "bill".txt\n{ENCODED}`\nend\n\nbegin 0755 b.sh\n{ENCODED} \nend\nRegards\n'
    mail = read_mail(f"From: a@b.c\nContent-Type: text/plain; charset=utf-8\n\n{text}".encode())
    assert mail.body == "See:\n\n[file: caf\u00e9 'bill'.txt]\n\n[file: b.sh]\nRegards"
    assert [(file.name, file.size, file.data) for file in mail.attachments] == [
        ("caf\u00e9 'bill'.txt", len(DATA), DATA),
        ("b.sh", len(DATA), DATA),
    ]


def test_a_text_that_only_looks_like_one_is_a_text() -> None:
    for text in ("begin 644 a.txt\nno such thing\nend\n", "begin the end\n", f"begin 644 a\n{ENCODED}", "begin \n"):
        assert without_files(text) == (text, [])


def test_a_file_keeps_its_name_and_bytes() -> None:
    ((part,)) = without_files(f"begin 644 a\\b\n{ENCODED}end\n")[1]
    assert (file_name(part), body(part, is_text=False)) == ("a'b", DATA)
