"""More request bodies: what the blocks of a message may hold, blank texts, images and PDFs among them."""

from __future__ import annotations

from tests.pictures import image_block, jpeg, pdf, pdf_block, png
from tests.simulator.bodies import CALL, HI, RESULT, JSONObject, ask, body, say, text

SMALL_WINDOW = "claude-sonnet-4-5"
URL_IMAGE: JSONObject = {"type": "image", "source": {"type": "url", "url": "https://example.com/a.png"}}


def result(*content: JSONObject, **more: object) -> JSONObject:
    return {**RESULT, "content": list(content), **more}


GOOD: dict[str, JSONObject] = {
    "a block type nobody knows, by a server": body(HI, say({"type": "hologram", "x": 1}), HI),
    "a blank text beside another": body(ask(text("\n"), text()), say(text(" "), CALL), ask(RESULT)),
    "an image": body(ask(image_block(png(8000, 20)))),
    "as many large images as may be": body(ask(*[image_block(png(8000, 1))] * 20)),
    "many images": body(ask(*[image_block(png(2000, 2000))] * 21)),
    "as many pages as may be": body(ask(pdf_block(pdf(300)), pdf_block(pdf(300)))),
    "as many pages as a small window takes": body(ask(pdf_block(pdf(100))), model=SMALL_WINDOW),
}

BAD: dict[str, tuple[JSONObject, int, str]] = {
    name: (wrong, 400, words)
    for name, (wrong, words) in {
        "a message of white space": (
            body({"role": "user", "content": " \n"}),
            "messages: text content blocks must contain non-whitespace text",
        ),
        "a reply of white space": (
            body(HI, say(text("\n"), text(" ")), HI),
            "messages: text content blocks must contain non-whitespace text",
        ),
        "a block type nobody knows, by the user": (
            body(ask(text(), {"type": "hologram", "x": 1})),
            "messages.0.content.1: Input tag 'hologram' found using 'type' does not match any of the expected tags: ",
        ),
        "a block type nobody knows in a result": (
            body(HI, say(CALL), ask(result(text(), {"type": "hologram"}))),
            "messages.2.content.0.tool_result.content.1: Input tag 'hologram' found using 'type' does not match any of",
        ),
        "an error result with an image": (
            body(HI, say(CALL), ask(result(URL_IMAGE, is_error=True))),
            'messages.2.content.0.tool_result: all content must be type "text" if "is_error" is true',
        ),
        "an image that is none": (
            body(ask(image_block(b"hi"))),
            "messages.0.content.0.image.source.base64.data: Could not process image",
        ),
        "an image that is not in base64": (
            body(ask({"type": "image", "source": {"type": "base64", "media_type": "image/png", "data": "!!!"}})),
            "messages.0.content.0.image.source.base64.data: Could not process image",
        ),
        "an image of another type": (
            body(ask(text(), image_block(b"BM", "image/bmp"))),
            "messages.0.content.1.image.source.base64.media_type: Input should be 'image/jpeg', 'image/png', ",
        ),
        "an image of another type than it says": (
            body(ask(image_block(jpeg()))),
            "messages.0.content.0.image.source.base64.data: Image does not match the provided media type image/png",
        ),
        "an image that is too large": (
            body(ask(image_block(png(size_bytes=5 * 1024 * 1024 // 4 * 3 + 1)))),
            "messages.0.content.0.image.source.base64: image exceeds 5 MB maximum: 5242884 bytes > 5242880 bytes",
        ),
        "an image that is too wide": (
            body(ask(text(), image_block(png(8001, 1)))),
            "The longest side of one or more images is over 8000 pixels: messages.0.content.1",
        ),
        "an image that is too wide for so many": (
            body(ask(*[image_block(png())] * 19), say(CALL), ask(result(*[image_block(png(2001, 1))] * 2))),
            "The longest side of one or more images is over 2000 pixels: messages.2.content.0.content.0, messages.2.",
        ),
        "too many images": (
            body(ask(*[image_block(png())] * 101), model=SMALL_WINDOW),
            "Too much media: 0 document pages + 101 images > 100",
        ),
        "a PDF that is none": (
            body(ask(pdf_block(b"<html>"))),
            "messages.0.content.0.pdf.source.base64.data: The PDF specified was not valid.",
        ),
        "too many pages": (
            body(ask(pdf_block(pdf(300)), pdf_block(pdf(301)))),
            "messages: A maximum of 600 PDF pages may be provided.",
        ),
    }.items()
}
