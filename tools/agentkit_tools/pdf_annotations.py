"""Read what people filled into a page of a PDF, and wrote beside its text: fields of forms and notes."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, cast

from agentkit_tools.decoding import clean_text

if TYPE_CHECKING:
    from pypdf import PageObject, PdfReader
    from pypdf.generic import DictionaryObject

_NOTES = frozenset(
    {
        *("/Caret", "/Circle", "/FileAttachment", "/FreeText", "/Highlight", "/Ink", "/Line", "/Polygon", "/PolyLine"),
        *("/Square", "/Squiggly", "/Stamp", "/StrikeOut", "/Text", "/Underline"),
    }
)
_HIDDEN = 0b100010
"""Flags of an annotation that is not shown: hidden, no view."""
_PASSWORD = 1 << 13
_PUSH_BUTTON = 1 << 16
_MOST_PARENTS = 20


def annotations_of_page(page: PageObject) -> str:
    """Return the filled fields and the notes of a page, a line each. Empty: it has none."""
    fields: list[str] = []
    notes: list[str] = []
    for annotation in _annotations(page):
        if _integer(annotation.get("/F")) & _HIDDEN:
            continue
        kind = annotation.get("/Subtype")
        if kind == "/Widget":
            fields += _field_line(annotation)
        elif kind in _NOTES:
            notes += _note_line(annotation)
    blocks = [("Form fields:", fields), ("Notes:", notes)]
    return "\n\n".join("\n".join([title, *dict.fromkeys(lines)]) for title, lines in blocks if lines)


def describe_unread_parts(reader: PdfReader) -> str:
    """Return in plain words what a PDF holds beside its pages. Empty: nothing."""
    said: list[str] = []
    form = _dictionary(reader.root_object.get("/AcroForm"))
    if form is not None and "/XFA" in form:
        said.append("the content of its XFA form is not read")
    names = [clean_text(name) for name in reader.attachments]
    if names:
        shown = ", ".join(names[:10]) + (f" and {len(names) - 10} more" if names[10:] else "")
        said.append(f"attached files not read: {shown}")
    return "; ".join(said)


def _annotations(page: PageObject) -> Iterator[DictionaryObject]:
    for annotation in _items(page.get("/Annots")):
        found = _dictionary(annotation)
        if found is not None:
            yield found


def _field_line(widget: DictionaryObject) -> list[str]:
    """Return a field as a line. Empty: it is not filled, or its content is not shown."""
    flags = _integer(_inherited(widget, "/Ff"))
    kind = _inherited(widget, "/FT")
    name = _text(_inherited(widget, "/TU")) or _text(_inherited(widget, "/T"))
    if kind == "/Btn":
        state = widget.get("/AS") or _inherited(widget, "/V")
        is_set = state is not None and state != "/Off" and not flags & _PUSH_BUTTON
        chosen = str(state).removeprefix("/") if is_set else ""
        return [f"- {name}: [x] {chosen}" if name else f"- [x] {chosen}"] if is_set else []
    if kind not in ("/Tx", "/Ch") or flags & _PASSWORD:
        return []
    value = _inherited(widget, "/V")
    values = _items(value) or [value]
    labels = _labels(widget)
    shown = ", ".join(filter(None, (labels.get(text, text) for each in values if (text := _text(each)))))
    return [f"- {name}: {shown}" if name else f"- {shown}"] if shown else []


def _labels(widget: DictionaryObject) -> dict[str, str]:
    """Return the shown text of each option of a choice that has one beside its value."""
    pairs = [_items(option) for option in _items(_inherited(widget, "/Opt"))]
    return {_text(pair[0]): _text(pair[1]) for pair in pairs if len(pair) == 2}


def _items(value: object) -> list[object]:
    """Return the items of an array. Empty: it is none."""
    from pypdf.generic import PdfObject

    found: object = value.get_object() if isinstance(value, PdfObject) else value
    return cast("list[object]", found) if isinstance(found, list) else []


def _note_line(annotation: DictionaryObject) -> list[str]:
    said, author = _text(annotation.get("/Contents")), _text(annotation.get("/T"))
    if not said:
        return []
    return [f"- {author}: {said}" if author else f"- {said}"]


def _inherited(widget: DictionaryObject, key: str) -> object:
    """Return the value of a key of a field, which may stand in a field above it. None: it has none."""
    current: DictionaryObject | None = widget
    for _ in range(_MOST_PARENTS):
        if current is None:
            break
        if key in current:
            return current[key]
        current = _dictionary(current.get("/Parent"))
    return None


def _dictionary(value: object) -> DictionaryObject | None:
    from pypdf.generic import DictionaryObject, PdfObject

    found = value.get_object() if isinstance(value, PdfObject) else None
    return found if isinstance(found, DictionaryObject) else None


def _integer(value: object) -> int:
    return value if isinstance(value, int) else 0


def _text(value: object) -> str:
    """Return a text or a stream with one, on one line."""
    from pypdf.generic import PdfObject, StreamObject

    found: object = value.get_object() if isinstance(value, PdfObject) else value
    if isinstance(found, StreamObject):
        found = found.get_data().decode("utf-8", "replace")
    if isinstance(found, bytes):
        found = found.decode("latin-1")
    return " ".join(clean_text(found).split()) if isinstance(found, str) else ""
