"""Lines of files of any size."""

import io
from pathlib import Path

import pytest

from agentkit_tools.text_lines import TextFile, numbered_lines, open_text
from agentkit_tools.unreadable import NotReadable


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-32"])
@pytest.mark.parametrize("block", [1, 7, 1_000])
def test_lines_are_whole_in_any_block(encoding: str, block: int) -> None:
    data = "é 1\r\n\U0001f375\n\nend".encode(encoding)
    text_file = TextFile(io.BytesIO(data), block_bytes=max(block, 1 if encoding == "utf-8" else 8))
    assert list(numbered_lines(text_file)) == [(1, "é 1"), (2, "\U0001f375"), (3, ""), (4, "end")]
    assert text_file.is_exact


def test_bytes_that_are_not_utf8_are_read_and_reported() -> None:
    text_file = TextFile(io.BytesIO(b"tea\ncaf\xe9\n"))
    assert [line for _, line in numbered_lines(text_file)] == ["tea", "café"]
    assert not text_file.is_exact


def test_a_line_without_end_is_read_in_pieces() -> None:
    text_file = TextFile(io.BytesIO("é".encode() * 20), block_bytes=5, most_line_bytes=10)
    lines = [line for _, line in numbered_lines(text_file)]
    assert "".join(lines) == "é" * 20
    assert len(lines) > 1


def test_what_is_no_text_is_refused(tmp_path: Path) -> None:
    with pytest.raises(NotReadable, match="binary"):
        list(TextFile(io.BytesIO(b"a\0")))
    with pytest.raises(NotReadable, match="no such file"):
        open_text(tmp_path / "nothing")
