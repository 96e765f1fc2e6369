"""Find files in the text of a mail, as they were sent before MIME: encoded by uuencode, between `begin` and `end`."""

from __future__ import annotations

import re

from agentkit_tools.mail_parts import MailPart

_FILE = re.compile(r"^begin [0-7]{3,4} (\S[^\n]{0,999})\n((?:[!-`][ -`]{1,84}\n)+)(?:[` ]*\n)?end[ ]*$", re.MULTILINE)


def without_files(text: str) -> tuple[str, list[MailPart]]:
    """Return a text with the name of each file in its place, and the files as parts."""
    files: list[MailPart] = []
    if "begin " not in text:
        return text, files

    def name_of(found: re.Match[str]) -> str:
        name = found[1].translate(str.maketrans('"\\', "''")).strip()
        head = f'Content-Type: application/octet-stream; name="{name}"\nContent-Transfer-Encoding: x-uuencode\n\n'
        files.append(MailPart(f"{head}{found[0]}\n".encode()))
        return f"[file: {name}]"

    return _FILE.sub(name_of, text), files
