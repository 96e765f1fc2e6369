"""Choose among the forms of a mail's text: plain text, HTML, others; and convert each to text."""

from __future__ import annotations

import re

from agentkit_tools.decoding import decode_bytes
from agentkit_tools.html_charset import charset_of_html
from agentkit_tools.html_text import is_html_extra_installed, text_of_html
from agentkit_tools.mail_headers import content_type, parameter
from agentkit_tools.mail_parsing import MOST_TEXT_BYTES, body, subparts
from agentkit_tools.mail_parts import MailPart

HTML = frozenset({"text/html", "application/xhtml+xml"})
RICH = frozenset({"text/enriched", "text/richtext"})
DATA = frozenset({"text/calendar", "text/vcard", "text/x-vcard", "text/directory", "text/css", "text/csv"})
"""Kinds of text that are a file beside the text of a message, where it has one."""
_STUB_CHARS = 300
_STUB_SHARE = 3
"""A plain text shorter than `_STUB_CHARS` is a stub if another form of it is this many times as long."""
_CUT = "\n\n[the rest of this text is not read: it is too long]"
_CLEARLY = 0.8
"""HTML of a rough length below this share of what is wanted is not converted to measure it."""
_MARKUP = re.compile(rb"<(script|style)\b.*?(?:</\1\s*>|\Z)|<!--.*?(?:-->|\Z)|<[^<>]*>", re.DOTALL | re.IGNORECASE)
_VALUE = re.compile(rb"""\b(?:alt|value|placeholder|label|srcdoc)\s*=\s*["']?([^"'<>]+)""", re.IGNORECASE)
"""Matches attributes whose values are seen."""


def best_form(forms: list[MailPart]) -> MailPart:
    """Return the form to read: the first of the lowest rank; a longer one where plain text is only a stub."""
    best = min(forms, key=_form_rank)
    if content_type(best) != "text/plain":
        return best
    plain = part_text(best, "text/plain").strip()
    others = [form for form in forms if content_type(form) in HTML or subparts(form)]
    if len(plain) < _STUB_CHARS and others:
        least = _STUB_SHARE * max(len(plain), 20)
        lengths = [_text_length(form, least) for form in others]
        if max(lengths) > least:
            return others[lengths.index(max(lengths))]
    return best


def _form_rank(part: MailPart) -> int:
    """Return the sort key of a form: plain text first, then several parts, HTML, rich text, others, empty text."""
    kind = content_type(part)
    if kind == "text/plain" and not part_text(part, kind).strip():
        return 5
    if kind in HTML:
        return 2
    if kind.startswith("text/") and kind not in DATA:
        return 0 if kind == "text/plain" else 3
    return 1 if subparts(part) else 4


def _text_length(part: MailPart, least: int) -> int:
    """Return the number of characters of the HTML in a part; about as many where it is clear that they are too few."""
    kind = content_type(part)
    inner = [] if kind.startswith("message/") else subparts(part)
    if inner:
        return sum(_text_length(each, least) for each in inner)
    if kind not in HTML or not is_html_extra_installed():
        return 0
    data = body(part, is_text=True)
    rough = len(b" ".join(_MARKUP.sub(b" ", data).split()))
    rough += sum(len(value) for value in _VALUE.findall(data))
    return rough if rough < least * _CLEARLY else len(part_text(part, kind).strip())


def part_text(part: MailPart, kind: str) -> str:
    """Return the text of a part, decoded and converted. It is kept with a part in HTML, since it costs most."""
    if part.text is None or kind not in HTML:
        text, is_cut = _converted(part, kind), part.end - part.body_start > MOST_TEXT_BYTES
        part.text = text.rstrip() + _CUT if is_cut else text
    return part.text


def _converted(part: MailPart, kind: str) -> str:
    data = body(part, is_text=True)
    declared = parameter(part, "Content-Type", "charset")
    if kind not in HTML:
        text = decode_bytes(data, declared)
        return _text_of_rich(text) if kind in RICH else text
    return text_of_html(decode_bytes(data, declared or charset_of_html(data)))[0]


def _text_of_rich(text: str) -> str:
    """Return the text of text/enriched (RFC 1896): one line end is a space, a command stands in `<>`, `<<` is `<`."""
    lines = re.sub(r"\n(\n*)", lambda ends: ends[1] or " ", text)
    without = re.sub(r"<param>[^<]*</param>", "", lines, flags=re.IGNORECASE)
    return re.sub(r"<<|</?[\w-]{1,60}>", lambda found: "<" if found[0] == "<<" else "", without)
