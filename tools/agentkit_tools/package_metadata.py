"""Read the long description in the metadata of a Python package."""

from __future__ import annotations

import re
from email.parser import Parser
from textwrap import dedent

from agentkit_tools.unreadable import NotReadable

METADATA_FILES = ("METADATA", "PKG-INFO")


def read_description(metadata: str) -> tuple[str, str, str]:
    """Return the name of a package, its name with the version, and its description.

    Raises:
        NotReadable: It has no description.
    """
    package = Parser().parsestr(metadata)
    name, version = str(package.get("Name") or ""), str(package.get("Version") or "")
    payload = package.get_payload()
    text = payload if isinstance(payload, str) and payload.strip() else str(package.get("Description") or "")
    if text is not payload:  # the header form indents all lines but the first, at times with a bar
        text = re.sub(r"^ {7}\|", " " * 8, text, flags=re.MULTILINE)
        first, _, rest = text.partition("\n")
        text = f"{first}\n{dedent(rest)}"
    if not name or text.strip() in ("", "UNKNOWN"):
        raise NotReadable("package metadata without a description")
    return re.sub(r"[-_.]+", "-", name).lower(), f"{name} {version}".strip(), text
