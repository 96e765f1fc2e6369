"""PDF as text by page: what is there, what is missing and why; damage never raises anything else."""

from __future__ import annotations

import io
import subprocess
import sys
from contextlib import suppress

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pypdf import PdfReader, PdfWriter

from agentkit_tools import pdf_text
from agentkit_tools.pdf_text import text_of_pdf
from agentkit_tools.unreadable import NotReadable
from tests.agentkit_tools.pdf_by_hand import pdf

WHOLE = pdf("Tea is hot.\nIt is steeped (long).", "Coffee.", title="On tea")


def read(data: bytes) -> pdf_text.PdfText:
    return text_of_pdf(io.BytesIO(data))


def encrypted(password: str) -> bytes:
    writer = PdfWriter(clone_from=PdfReader(io.BytesIO(WHOLE)))
    writer.encrypt(password, algorithm="RC4-128")
    out = io.BytesIO()
    writer.write(out)
    return out.getvalue()


def test_pages_stand_below_their_numbers() -> None:
    found = read(WHOLE)
    assert found.text == "[Page 1]\n\nTea is hot.\nIt is steeped (long).\n\n[Page 2]\n\nCoffee.\n"
    assert found.title == "On tea"
    assert found.missing == ""


def test_a_page_without_text_keeps_its_number() -> None:
    found = read(pdf("Tea.", "", "Coffee."))
    assert "[Page 2]\n\n[no text on this page]\n\n[Page 3]\n\nCoffee." in found.text


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"", "no PDF, though its name says so"),
        (b"PK\x03\x04", "no PDF, though its name says so"),
        (b"%PDF-1.7\n", "a damaged PDF ("),
        (pdf(), "a PDF without pages"),
        (pdf("", ""), "a PDF without any text"),
        (encrypted("secret"), "encrypted, and only its password opens it"),
    ],
    ids=["nothing", "another file", "a head", "no pages", "empty pages", "encrypted"],
)
def test_what_has_no_text_is_told_as_such(data: bytes, reason: str) -> None:
    with pytest.raises(NotReadable) as caught:
        read(data)
    assert str(caught.value).startswith(reason)


def test_one_that_everybody_may_open_is_opened() -> None:
    assert "Tea is hot." in read(encrypted("")).text


def test_a_long_one_is_read_as_far_as_it_goes(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pdf_text, "MOST_PAGES", 2)
    found = read(pdf("One.", "Two.", "Three.", "Four."))
    assert "Three." not in found.text
    assert found.missing == "2 more pages after page 2 not read: too much for one document"


def test_without_the_extra_the_command_that_installs_it_is_named() -> None:
    program = (
        "import sys, io; sys.modules['pypdf'] = None; sys.path.insert(0, 'tools')\n"
        "from importlib import util; found = util.find_spec\n"
        "util.find_spec = lambda name: None if name == 'pypdf' else found(name)\n"
        "from agentkit_tools import pdf_text; pdf_text.find_spec = util.find_spec\n"
        "try: pdf_text.text_of_pdf(io.BytesIO(b''))\n"
        "except Exception as error: print(error)"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert "pip install " in done.stdout


@given(st.data())
@settings(max_examples=150)
def test_damage_is_told_and_nothing_else_comes_out(data: st.DataObject) -> None:
    broken = bytearray(WHOLE)
    for _ in range(data.draw(st.integers(1, 6))):
        at = data.draw(st.integers(0, len(broken) - 1))
        broken[at] = data.draw(st.integers(0, 255))
    cut = data.draw(st.integers(0, len(broken)))
    for damaged in (bytes(broken), bytes(broken[:cut])):
        with suppress(NotReadable):
            assert read(damaged).text.startswith("[Page 1]")
