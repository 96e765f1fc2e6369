"""Facts of image and PDF files are read from a few bytes; a file that the API takes has no problem."""

from __future__ import annotations

import pytest

from agentkit.messages.media_files import (
    MAX_IMAGE_BYTES,
    MAX_REQUEST_BYTES,
    find_image_problem,
    find_pdf_problem,
    find_size_problem,
    image_media_type,
    image_size,
    pdf_page_count,
)
from tests.pictures import gif, jpeg, pdf, png, webp


@pytest.mark.parametrize(
    ("data", "media_type"),
    [
        (png(8000, 20), "image/png"),
        (gif(8000, 20), "image/gif"),
        (jpeg(8000, 20), "image/jpeg"),
        *((webp(8000, 20, kind), "image/webp") for kind in ("VP8 ", "VP8L", "VP8X")),
    ],
)
def test_type_and_size_of_an_image_are_read_from_its_header(data: bytes, media_type: str) -> None:
    assert image_media_type(data) == media_type
    assert image_size(data) == (8000, 20)
    assert find_image_problem(data, media_type) is None
    for end in range(len(data) - 1):  # it never raises, wherever the file was cut off
        image_size(data[:end])


@pytest.mark.parametrize(
    ("data", "media_type", "problem"),
    [
        (b"BM bitmap", "image/bmp", "is no PNG, JPEG, GIF or WebP image"),
        (b"", "image/png", "is no PNG"),
        (jpeg(), "image/png", "is image/jpeg by its content, and not 'image/png'"),
        (png()[:12], "image/png", "is a broken image/png file"),
        (png(0, 5), "image/png", "is a broken image/png file"),
        (jpeg()[:9], "image/jpeg", "is a broken image/jpeg file"),
        (webp(kind="VP8L")[:22], "image/webp", "is a broken image/webp file"),
        (webp()[:12] + b"VP9 ", "image/webp", "is a broken image/webp file"),
        (webp(8001, 1, "VP8X"), "image/webp", "has 8001 x 1 pixels, and the API takes sides of 8000 at most"),
        (png(size_bytes=MAX_IMAGE_BYTES // 4 * 3 + 1), "image/png", "has 10,485,764 bytes in base64"),
    ],
)
def test_an_image_that_the_api_refuses_has_a_problem(data: bytes, media_type: str, problem: str) -> None:
    assert (find_image_problem(data, media_type) or "").startswith(problem)


def test_an_image_may_be_as_large_as_the_api_takes_it() -> None:
    assert find_image_problem(png(8000, 8000, MAX_IMAGE_BYTES // 4 * 3), "image/png") is None


@pytest.mark.parametrize("packed", [False, True])
def test_the_pages_of_a_pdf_are_counted(packed: bool) -> None:
    assert pdf_page_count(pdf(600, packed=packed)) == 600
    assert find_pdf_problem(pdf(600, packed=packed)) is None
    assert (find_pdf_problem(pdf(601, packed=packed)) or "").startswith("has 601 pages, and the API takes 600 at most")


def test_a_pdf_without_a_page_tree_to_be_read_is_left_to_the_api() -> None:
    data = b"other data\n%PDF-1.7 /Type /ObjStm stream\nnot packed"
    assert pdf_page_count(data) is None
    assert find_pdf_problem(data) is None
    assert (find_pdf_problem(b"<html>") or "").startswith("is no PDF: it begins with b'<html>'")


def test_content_fits_into_a_request_or_has_a_problem() -> None:
    assert find_size_problem(MAX_REQUEST_BYTES) is None
    assert "33,554,433 bytes" in (find_size_problem(MAX_REQUEST_BYTES + 1) or "")
    assert "as it is sent" in (find_pdf_problem(pdf().ljust(MAX_REQUEST_BYTES // 4 * 3 + 1)) or "")
