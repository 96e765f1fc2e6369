"""Content that the API would refuse becomes an error that names it; the text beside it is kept."""

from __future__ import annotations

import pytest

from agentkit import ToolError
from agentkit.messages.message import text_block
from agentkit.tools.result_blocks import refused_result_text
from agentkit.tools.result_content import render_result
from tests.pictures import image_block, pdf_block, png

GOOD, JUNK = image_block(png()), image_block(b"junk")


@pytest.mark.parametrize(
    ("value", "problem"),
    [
        ([JUNK], "This image is no PNG"),
        ([image_block(png(9000, 1))], "9000 x 1 pixels"),
        ([GOOD, pdf_block(b"<html>")], "This document is no PDF"),
    ],
)
def test_a_result_with_content_that_cannot_be_sent_is_an_error(value: object, problem: str) -> None:
    with pytest.raises(ToolError, match=problem):
        render_result(value)


def test_the_text_beside_it_is_kept_and_what_goes_with_it_is_counted() -> None:
    blocks = [text_block("Page 1."), JUNK, GOOD, GOOD, text_block("Page 2.")]
    assert refused_result_text(blocks, "This image is broken.") == (
        "[The call ran, but a part of its result cannot be sent: This image is broken. 2 more of its images and files "
        "are left out with it.]\n\nPage 1.\n\nPage 2."
    )
