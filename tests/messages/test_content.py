"""Images, files and documents: read when they are made, refused when the API would not take them."""

from __future__ import annotations

import base64
from pathlib import Path

import pytest

from agentkit import Document, File, Image, UsageError


@pytest.mark.parametrize(
    ("head", "media_type"),
    [
        (b"\x89PNG\r\n\x1a\n", "image/png"),
        (b"\xff\xd8\xff\xe0", "image/jpeg"),
        (b"GIF89a", "image/gif"),
        (b"RIFF\x00\x00\x00\x00WEBPVP8 ", "image/webp"),
    ],
)
def test_a_picture_is_known_by_its_first_bytes(head: bytes, media_type: str, tmp_path: Path) -> None:
    (tmp_path / "picture").write_bytes(head + b"rest")
    image = Image.open(tmp_path / "picture")
    assert image.media_type == media_type
    assert base64.b64decode(image.to_block()["source"]["data"]) == head + b"rest"


@pytest.mark.parametrize("data", [b"", b"BM bitmap", b"RIFF\x00\x00\x00\x00WAVE", b"%PDF-1.4"])
def test_another_kind_is_no_picture(data: bytes, tmp_path: Path) -> None:
    (tmp_path / "thing.bmp").write_bytes(data)
    with pytest.raises(UsageError, match=r"thing\.bmp"):
        Image.open(tmp_path / "thing.bmp")


def test_a_file_is_a_pdf_or_text(tmp_path: Path) -> None:
    (tmp_path / "a.pdf").write_bytes(b"%PDF-1.7 x")
    (tmp_path / "b.txt").write_text("Tee für zwei", encoding="utf-8")
    (tmp_path / "c.bin").write_bytes(b"\xff\xfe\x00")
    assert File.open(tmp_path / "a.pdf").to_block()["source"]["media_type"] == "application/pdf"
    assert File.open(tmp_path / "b.txt").to_block()["source"] == {
        "type": "text",
        "media_type": "text/plain",
        "data": "Tee für zwei",
    }
    with pytest.raises(UsageError, match=r"c\.bin"):
        File.open(tmp_path / "c.bin")
    with pytest.raises(FileNotFoundError):
        File.open(tmp_path / "d.txt")


def test_a_document_is_titled_so_that_its_id_can_be_cited() -> None:
    assert Document("d1", "Tea.").to_block()["title"] == "d1"
    assert Document("d1", "Tea.", "On tea").to_block()["title"] == "d1: On tea"


def test_the_bytes_of_a_picture_are_not_in_its_repr() -> None:
    assert "rest" not in repr(Image(b"rest", "image/png"))
