"""Images, files and documents: read when they are made, refused when the API would not take them."""

from __future__ import annotations

import base64
from pathlib import Path

import pytest

from agentkit import Document, File, Image, InvalidContent, UsageError
from agentkit.messages.content import find_media_problem
from agentkit.messages.media_files import MAX_REQUEST_BYTES
from agentkit.messages.message import JSONObject
from tests.pictures import gif, image_block, jpeg, pdf, pdf_block, png, webp


@pytest.mark.parametrize(
    ("data", "media_type"),
    [(png(), "image/png"), (jpeg(), "image/jpeg"), (gif(), "image/gif"), (webp(), "image/webp")],
)
def test_a_picture_is_known_by_its_first_bytes(data: bytes, media_type: str, tmp_path: Path) -> None:
    (tmp_path / "picture").write_bytes(data)
    image = Image.open(tmp_path / "picture")
    assert image.media_type == media_type
    assert base64.b64decode(image.to_block()["source"]["data"]) == data


@pytest.mark.parametrize("data", [b"", b"BM bitmap", b"RIFF\x00\x00\x00\x00WAVE", b"%PDF-1.4", png(8001, 1)])
def test_another_kind_is_no_picture(data: bytes, tmp_path: Path) -> None:
    (tmp_path / "thing.bmp").write_bytes(data)
    with pytest.raises(InvalidContent, match=r"thing\.bmp: This image ") as caught:
        Image.open(tmp_path / "thing.bmp")
    assert "thing" not in caught.value.problem
    with pytest.raises(UsageError, match="This image "):
        Image(data, "image/png")


def test_a_file_is_a_pdf_or_text(tmp_path: Path) -> None:
    (tmp_path / "a.pdf").write_bytes(pdf())
    (tmp_path / "b.txt").write_text("Tee für zwei", encoding="utf-8")
    (tmp_path / "c.bin").write_bytes(b"\xff\xfe\x00")
    assert File.open(tmp_path / "a.pdf").to_block()["source"]["media_type"] == "application/pdf"
    assert File.open(tmp_path / "b.txt").to_block()["source"] == {
        "type": "text",
        "media_type": "text/plain",
        "data": "Tee für zwei",
    }
    for encoding in ("utf-8-sig", "utf-16"):
        assert File("Tee für zwei".encode(encoding), "text/plain").to_block()["source"]["data"] == "Tee für zwei"
    with pytest.raises(InvalidContent, match=r"c\.bin: This file is no UTF-8 text"):
        File.open(tmp_path / "c.bin")
    with pytest.raises(FileNotFoundError):
        File.open(tmp_path / "d.txt")


@pytest.mark.parametrize(
    ("data", "media_type", "problem"),
    [
        (b"<html>", "application/pdf", "is no PDF"),
        (pdf(601), "application/pdf", "has 601 pages"),
        (png(), "image/png", "for pictures use Image"),
        (b"a,b", "text/csv", "a File is application/pdf or text/plain"),
        (bytes(MAX_REQUEST_BYTES + 1), "text/plain", "for a whole request"),
    ],
)
def test_a_file_that_the_api_refuses_is_not_made(data: bytes, media_type: str, problem: str) -> None:
    with pytest.raises(InvalidContent, match=problem):
        File(data, media_type)


@pytest.mark.parametrize(
    ("block", "problem"),
    [
        (image_block(png()), None),
        (image_block(b"junk"), "This image is no PNG"),
        (image_block(png(), "image/bmp"), "This image is of the type 'image/bmp'"),
        ({"type": "image", "source": {"type": "base64", "media_type": "image/png", "data": "!!!"}}, "not in base64"),
        ({"type": "image", "source": {"type": "base64", "media_type": "image/png", "data": 5}}, "not in base64"),
        ({"type": "image", "source": {"type": "base64", "media_type": "image/png"}}, "This image is no PNG"),
        (pdf_block(pdf()), None),
        (pdf_block(b"<html>"), "This document is no PDF"),
        (pdf_block(b"") | {"source": {"type": "base64", "media_type": "text/html", "data": ""}}, "'text/html'"),
        ({"type": "image", "source": {"type": "url", "url": "https://example.com/a.bmp"}}, None),
        ({"type": "document", "source": {"type": "text", "media_type": "text/plain", "data": "Tea."}}, None),
        ({"type": "image"}, None),
        ({"type": "text", "text": "Tea."}, None),
    ],
)
def test_the_media_of_a_block_are_checked(block: JSONObject, problem: str | None) -> None:
    found = find_media_problem(block)
    assert found is None if problem is None else problem in (found or "")


def test_a_document_is_titled_so_that_its_id_can_be_cited() -> None:
    assert Document("d1", "Tea.").to_block()["title"] == "d1"
    assert Document("d1", "Tea.", "On tea").to_block()["title"] == "d1: On tea"


def test_the_bytes_of_a_picture_are_not_in_its_repr() -> None:
    assert "rest" not in repr(Image(png() + b"rest", "image/png"))


def test_data_that_is_no_bytes_is_refused_by_its_type() -> None:
    for make in (Image.of, lambda data: Image(data, "image/png"), lambda data: File(data, "application/pdf")):
        for data in (None, 5, "tea.png"):
            with pytest.raises(InvalidContent, match=f"is bytes, not {type(data).__name__}"):
                make(data)  # type: ignore[arg-type]
