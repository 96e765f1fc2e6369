"""Find the encoding that a page declares: in its `<meta>` elements or its XML declaration."""

from __future__ import annotations

import re

_SEARCHED_BYTES = 4_096
_META = re.compile(rb"<meta\b[^>]*?\bcharset\s*=\s*[\"']?\s*([^\s\"'/>;]+)", re.IGNORECASE)
_XML = re.compile(rb"\s*<\?xml\b[^>]*?\bencoding\s*=\s*[\"']([^\"'>]+)", re.IGNORECASE)


def charset_of_html(data: bytes) -> str | None:
    """Return the name of the encoding that a page declares. None: it declares none."""
    found = _XML.match(data[:_SEARCHED_BYTES]) or _META.search(data[:_SEARCHED_BYTES])
    return found[1].decode("ascii", "replace") if found else None
