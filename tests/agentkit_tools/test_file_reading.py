"""One file of any kind; most kinds are tried in test_documents.py."""

from pathlib import Path

import pytest

from agentkit_tools.file_reading import read_file
from agentkit_tools.unreadable import NotReadable, Unreadable


def test_what_cannot_be_read_of_a_file_is_added_to_the_list(tmp_path: Path) -> None:
    file = tmp_path / "in.mbox"
    file.write_bytes(b"From x\nSubject: 1\n\nTea.\n\nFrom x\nX-Only: this\n\n")
    unreadable: list[Unreadable] = []
    assert [each.name for each in read_file(file, file, "in.mbox", unreadable)] == ["in.mbox/1"]
    assert [each.path for each in unreadable] == ["in.mbox/2"]


@pytest.mark.parametrize("name", ["a.doc", "a.docx", "a.msg", "a.pst", "a.rtf"])
def test_a_kind_that_is_not_read_is_no_text(tmp_path: Path, name: str) -> None:
    file = tmp_path / name
    file.write_text("{\\rtf1 text}")
    with pytest.raises(NotReadable, match="cannot be read"):
        read_file(file, file, name, [])
