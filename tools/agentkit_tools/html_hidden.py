"""Tell which elements of a page are hidden: by their `hidden` attribute, or by their own style."""

from __future__ import annotations

import re
from collections.abc import Mapping

_STYLE = re.compile(
    r"(?:^|[;{])\s*(?:display\s*:\s*none|visibility\s*:\s*(?:hidden|collapse)|opacity\s*:\s*0(?:\.0*)?(?![\d.%]))",
    re.IGNORECASE,
)
_MAY_HIDE = re.compile(r"display\s*:\s*none|visibility\s*:|opacity\s*:|\shidden(?=[\s=/>])", re.IGNORECASE)


def may_hide(html: str) -> bool:
    """Return True for a page some element of which may be hidden."""
    return _MAY_HIDE.search(html) is not None


def is_hidden(attributes: Mapping[str, str | None]) -> bool:
    """Return True for the attributes of an element that no reader sees."""
    return "hidden" in attributes or _STYLE.search(attributes.get("style") or "") is not None
