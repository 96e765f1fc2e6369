"""What a tool returned -> what the model gets, row by row."""

from __future__ import annotations

import datetime
import enum
import json
import math
import threading
import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from typing import NamedTuple

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import BaseModel, Field, field_serializer

from agentkit import Document, File, Image
from agentkit.messages.message import JSON, Content, encode
from agentkit.tools.artifacts.store import ArtifactLabel
from agentkit.tools.json_forms import NoJsonForm
from agentkit.tools.result_content import render_result, unshowable_result
from agentkit.tools.serialization import json_text
from tests.pictures import png

PICTURE = Image(png(), "image/png")
PICTURE_BLOCK = PICTURE.to_block()


class Item(BaseModel):
    item_name: str = Field(alias="itemName")
    price: Decimal


@dataclass
class Receipt:
    at: datetime.date
    items: list[Item]


class Pair(NamedTuple):
    left: int
    right: str


class Colour(enum.Enum):
    RED = "red"


class TextColour(str, enum.Enum):  # noqa: UP042 - as older programs write it; a StrEnum prints as its value
    RED = "red"


ITEM = Item(itemName="tea", price=Decimal("4.50"))
ROWS: dict[str, tuple[object, Content]] = {
    "text": ("4 EUR", "4 EUR"),
    "text that is JSON": ('{"a": 1}', '{"a": 1}'),
    "nothing": (None, "Done."),
    "a number": (7, "7"),
    "a truth": (True, "true"),
    "a model": (ITEM, '{"itemName":"tea","price":"4.50"}'),
    "a dataclass": (
        Receipt(datetime.date(2026, 1, 31), [ITEM]),
        '{"at":"2026-01-31","items":[{"itemName":"tea","price":"4.50"}]}',
    ),
    "models in a list": ([ITEM, ITEM], '[{"itemName":"tea","price":"4.50"},{"itemName":"tea","price":"4.50"}]'),
    "a dict": ({"a": 1, "b": [None]}, '{"a":1,"b":[null]}'),
    "a dict with other keys": ({1: "a", datetime.date(2026, 1, 31): "b"}, '{"1":"a","2026-01-31":"b"}'),
    "a tuple": ((1, "a"), '[1,"a"]'),
    "a named tuple": (Pair(1, "a"), '[1,"a"]'),
    "an enum": (Colour.RED, '"red"'),
    "an id": (uuid.UUID(int=1), '"00000000-0000-0000-0000-000000000001"'),
    "letters of any script": ({"a": "Grüße 😀"}, '{"a":"Grüße 😀"}'),
    "numbers JSON has not": ({"a": math.nan, "b": math.inf}, '{"a":"NaN","b":"Infinity"}'),
    "bytes of text": ("Grüße".encode(), "Grüße"),
    "other bytes": (b"\xff\x00\xfe", "[3 bytes that are not UTF-8 text]"),
    "no items": ([], "[]"),
    "a picture": (PICTURE, [PICTURE_BLOCK]),
    "a file": (File(b"hi", "text/plain", "a.txt"), [File(b"hi", "text/plain", "a.txt").to_block()]),
    "a document": (Document("d1", "Tea."), [Document("d1", "Tea.").to_block()]),
    "a picture among others": (
        ["This:", PICTURE, {"a": 1}],
        [{"type": "text", "text": "This:"}, PICTURE_BLOCK, {"type": "text", "text": '{"a":1}'}],
    ),
    "the API's own blocks": (
        [{"type": "text", "text": "Tea."}, PICTURE_BLOCK],
        [{"type": "text", "text": "Tea."}, PICTURE_BLOCK],
    ),
    "dicts that only look like blocks": ([{"type": "tea", "text": "x"}], '[{"type":"tea","text":"x"}]'),
}


@pytest.mark.parametrize(("value", "content"), ROWS.values(), ids=ROWS.keys())
def test_every_kind_of_value_has_its_content(value: object, content: Content) -> None:
    assert render_result(value) == content


def test_an_enum_of_strings_is_its_value() -> None:
    """A Python enum's `str()` would name the class."""
    assert render_result(TextColour.RED).strip('"') == "red"  # type: ignore[union-attr]  # text


def test_a_generator_is_read_to_its_end() -> None:
    def count() -> Iterator[int]:
        yield from range(3)

    assert render_result(count()) == "[0,1,2]"


@pytest.mark.parametrize(
    ("value", "named"),
    [(object(), "an object"), ({"a": object()}, "an object"), ([print], "a builtin_function_or_method")],
    ids=["bare", "in a dict", "in a list"],
)
def test_a_value_without_a_json_form_is_refused_by_its_type(value: object, named: str) -> None:
    with pytest.raises(TypeError, match=f"{named}, which has no JSON form"):
        render_result(value)


@pytest.mark.parametrize("text", ["a\ud800b", "a\x00b", "a\x1bb", "a\x7fb", "\udfff\ud800"])
def test_characters_that_cannot_be_sent_are_replaced_and_counted(text: str) -> None:
    content = render_result(text)
    assert isinstance(content, str)
    assert encode(content).decode()
    body, _, note = content.partition("\n")
    assert "\ufffd" in body
    assert "replaced" in note


@pytest.mark.parametrize(
    "value",
    [{"a": "x\ud800"}, ["\ud800"], {"\ud800": 1}, {"a": {"b": ["\udfff"]}}, Pair(1, "\ud800")],
    ids=["value", "list", "key", "deep", "tuple"],
)
def test_half_of_a_surrogate_pair_anywhere_in_a_value_is_replaced(value: object) -> None:
    content = render_result(value)
    assert isinstance(content, str)
    assert "\ufffd" in content
    assert json.loads(content.partition("\n[")[0])


def test_blocks_carry_no_character_that_cannot_be_sent() -> None:
    content = render_result([{"type": "text", "text": "a\ud800"}, Document("d", "b\udfff"), PICTURE])
    assert encode(content)


def test_line_breaks_tabs_and_other_scripts_stay() -> None:
    text = "a\tb\nc\r\n\u2028 Grüße \U0001f600 \u200d"
    assert render_result(text) == text


def test_a_long_text_keeps_head_and_tail_and_says_how_to_narrow() -> None:
    text = "".join(f"line {n}\n" for n in range(100_000))
    content = render_result(text, max_tokens=1000)
    assert isinstance(content, str)
    assert len(content) < 4500
    assert content.startswith("line 0\nline 1\n")
    assert content.endswith("line 99998\nline 99999\n")
    assert f"of {len(text):,} characters left out here" in content
    assert "narrow the call" in content


def test_a_short_text_is_not_clipped() -> None:
    text = "x" * 3000
    assert render_result(text, max_tokens=1000) == text


def test_the_limit_of_a_tool_that_names_none_is_25000_tokens() -> None:
    assert render_result("x" * 80_000) == "x" * 80_000
    content = render_result("x" * 200_000)
    assert len(content) < 90_000


def test_many_blocks_share_one_limit() -> None:
    content = render_result([PICTURE, *["x" * 3000 for _ in range(50)]], max_tokens=1000)
    assert sum(len(block["text"]) for block in content if isinstance(block, dict) and block["type"] == "text") < 8000
    assert content[0] == PICTURE_BLOCK


def test_a_long_document_is_clipped_like_a_text() -> None:
    content = render_result(Document("d", "x" * 100_000), max_tokens=1000)
    assert isinstance(content, list)
    [block] = content
    assert len(block["source"]["data"]) < 4500


values: st.SearchStrategy[JSON] = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(st.characters()),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(st.characters()), inner),
    max_leaves=8,
)


@given(values, st.integers(1, 50))
def test_whatever_json_a_tool_returns_can_be_sent_within_the_limit(value: JSON, max_tokens: int) -> None:
    content = render_result(value, max_tokens)
    assert encode(content)
    assert len(content) < max_tokens * 4 + 300


def kept_of(value: object, max_tokens: int = 1000) -> tuple[Content, list[str | bytes]]:
    """The content for a value, and what was kept of it; handles count."""
    kept: list[str | bytes] = []

    def keep(whole: str | bytes, label: ArtifactLabel | None = None) -> str:
        kept.append(whole)
        return f"artifact-{len(kept)}"

    return render_result(value, max_tokens, keep), kept


def test_the_whole_of_a_long_text_is_kept_and_the_sentence_says_where_to_read_on() -> None:
    text = "".join(f"line {n}\n" for n in range(100_000))
    content, kept = kept_of(text)
    assert kept == [text]
    head, _, rest = str(content).partition("\n[")
    assert f"All is kept as artifact-1: `peek_artifact` reads on with start={len(head)}" in rest
    assert text.startswith(head)


def test_what_fits_is_not_kept() -> None:
    assert kept_of("x" * 3500)[1] == []
    assert kept_of(["x" * 1000, PICTURE, "y" * 1000])[1] == []


def test_the_texts_of_many_blocks_are_kept_as_one() -> None:
    texts = [f"{n}:" + "x" * 3000 for n in range(5)]
    content, kept = kept_of([texts[0], PICTURE, Document("d", texts[1]), *texts[2:]])
    assert kept == ["\n\n".join(texts)]
    assert isinstance(content, list)
    clipped = content[2]["source"]["data"]
    at = int(clipped.partition("start=")[2].partition(",")[0])
    assert str(kept[0])[at:].startswith("x")
    assert str(kept[0])[:at].endswith(clipped.partition("\n[")[0])
    assert "[3 more blocks of text left out here. All is kept as artifact-1:" in content[-1]["text"]


def test_what_is_kept_holds_no_character_that_cannot_be_sent() -> None:
    _, kept = kept_of("a\x00" * 5000)
    assert encode(kept[0])


def test_a_long_text_that_nobody_has_room_for_is_clipped_as_ever() -> None:
    assert "narrow the call" in str(render_result("x" * 10_000, 1000, lambda whole, label=None: None))


def test_bytes_that_are_no_text_are_kept_each_by_itself() -> None:
    content, kept = kept_of([PICTURE, b"\xff\x00", b"text", b"\xfe"])
    assert kept == [b"\xff\x00", b"\xfe"]
    assert [block["text"] for block in content if isinstance(block, dict) and block["type"] == "text"] == [
        "[2 bytes that are not UTF-8 text, kept as artifact-1]",
        "text",
        "[1 bytes that are not UTF-8 text, kept as artifact-2]",
    ]


def test_a_result_that_cannot_be_shown_is_one_line_in_the_log_unless_code_of_the_user_failed(
    caplog: pytest.LogCaptureFixture,
) -> None:
    circle: dict[str, object] = {}
    circle["again"] = [circle]

    class Failing(BaseModel):
        item: int = 1

        @field_serializer("item")
        def fail(self, _: int) -> str:
            raise KeyError("of the user")

    for value, has_traceback in ((circle, False), (threading.Lock(), False), ({"a": Failing()}, True)):
        caplog.clear()
        with pytest.raises(NoJsonForm) as problem:
            json_text(value)
        unshowable_result("act", problem.value)
        (record,) = caplog.records
        assert (record.exc_info is not None) == has_traceback
        assert "a tool's result cannot be shown" in record.getMessage()
