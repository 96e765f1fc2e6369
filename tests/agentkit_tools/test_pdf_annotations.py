"""Filled fields and notes of a PDF."""

from __future__ import annotations

import io

import pytest
from pypdf import PdfWriter
from pypdf.generic import ArrayObject, DictionaryObject, NameObject, NumberObject, PdfObject, TextStringObject

from agentkit_tools.pdf_text import PdfText, text_of_pdf
from agentkit_tools.unreadable import NotReadable
from tests.agentkit_tools.pdf_by_hand import pdf


def dictionary(**values: PdfObject) -> DictionaryObject:
    return DictionaryObject({NameObject(f"/{key}"): value for key, value in values.items()})


def text(value: str) -> TextStringObject:
    return TextStringObject(value)


def name(value: str) -> NameObject:
    return NameObject(f"/{value}")


def annotated(*annotations: DictionaryObject, words: str = "Order", xfa: bool = False, attached: str = "") -> PdfText:
    writer = PdfWriter(clone_from=io.BytesIO(pdf(words)))
    for each in annotations:
        each[name("Type")] = name("Annot")
    writer.pages[0][name("Annots")] = ArrayObject([writer._add_object(each) for each in annotations])
    if xfa:
        writer.root_object[name("AcroForm")] = dictionary(XFA=text("<xdp/>"))
    if attached:
        writer.add_attachment(attached, b"x")
    out = io.BytesIO()
    writer.write(out)
    return text_of_pdf(io.BytesIO(out.getvalue()))


def field(kind: str, **values: PdfObject) -> DictionaryObject:
    return dictionary(Subtype=name("Widget"), FT=name(kind), T=text("tea"), **values)


PARENT = dictionary(FT=name("Tx"), T=text("address"), V=text("Forty Lane"))


@pytest.mark.parametrize(
    ("annotation", "line"),
    [
        (field("Tx", V=text("Forty\nkilos")), "Form fields:\n- tea: Forty kilos"),
        (field("Tx", V=text("Forty"), TU=text("Amount of tea")), "Form fields:\n- Amount of tea: Forty"),
        (dictionary(Subtype=name("Widget"), Parent=PARENT), "Form fields:\n- address: Forty Lane"),
        (
            field("Ch", V=text("g"), Opt=ArrayObject([ArrayObject([text("g"), text("G")])])),
            "Form fields:\n- tea: G",
        ),
        (field("Ch", V=ArrayObject([text("a"), text("b")]), Opt=ArrayObject([text("a")])), "Form fields:\n- tea: a, b"),
        (field("Btn", AS=name("Yes")), "Form fields:\n- tea: [x] Yes"),
        (dictionary(Subtype=name("FreeText"), Contents=text("Forty")), "Notes:\n- Forty"),
        (dictionary(Subtype=name("Highlight"), Contents=text("Why?"), T=text("Anna")), "Notes:\n- Anna: Why?"),
    ],
)
def test_what_people_wrote_stands_below_the_text(annotation: DictionaryObject, line: str) -> None:
    assert (
        annotated(annotation).text
        == f"[Page 1]\n\nOrder\n\n{line if ':' in line[:12] else f'Form fields:{chr(10)}{line}'}\n"
    )
    assert line in annotated(annotation, words="").text


@pytest.mark.parametrize(
    "annotation",
    [
        field("Tx"),
        field("Tx", V=text("secret"), Ff=NumberObject(1 << 13)),
        field("Tx", V=text("unseen"), F=NumberObject(2)),
        field("Btn", AS=name("Off")),
        field("Btn", V=name("x"), Ff=NumberObject(1 << 16)),
        dictionary(Subtype=name("Link"), Contents=text("x")),
        dictionary(Subtype=name("Text")),
    ],
)
def test_what_is_empty_or_not_shown_is_left_out(annotation: DictionaryObject) -> None:
    assert annotated(annotation).text == "[Page 1]\n\nOrder\n"


def test_what_a_pdf_holds_beside_its_pages_is_reported() -> None:
    assert annotated(xfa=True, attached="a.xls").missing == (
        "the content of its XFA form is not read; attached files not read: a.xls"
    )
    with pytest.raises(NotReadable, match="a PDF without any text; the content of its XFA form is not read"):
        annotated(xfa=True, words="")


def test_damaged_annotations_cost_no_text() -> None:
    broken = field("Tx", V=text("x"))
    broken[name("Parent")] = text("no field")
    broken[name("Ff")] = text("no number")
    assert annotated(broken).text.startswith("[Page 1]\n\nOrder\n")
