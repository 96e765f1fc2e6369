"""Secrets that are known by their looks: keys of well-known services, private keys, tokens, passwords in addresses.

One rule for this file: every pattern takes linear time, whatever the text. What repeats is possessive or bounded, and
a pattern begins with the letters that its text must have.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

REDACTED = "[redacted]"
"""What stands where a secret stood."""


@dataclass(frozen=True, slots=True)
class _Shape:
    marks: tuple[str, ...]
    """A text without any of these has no such secret; looking for them costs next to nothing."""
    pattern: re.Pattern[str]
    replacement: str = REDACTED

    def without(self, text: str) -> str:
        return self.pattern.sub(self.replacement, text) if any(mark in text for mark in self.marks) else text


# Line breaks of a private key may be written as `\n`, and each line may be quoted.
_BREAK = r"(?:[\s\"',]|\\{1,4}[nrt]){0,16}+"
_PRIVATE_KEY = (
    r"-----BEGIN (?:[A-Z0-9]{1,20} ){0,4}PRIVATE KEY(?: BLOCK)?-----"
    rf"(?:{_BREAK}(?:Proc-Type|DEK-Info|Version|Comment): ?[^\n\\]{{0,120}})*+"
    rf"(?:{_BREAK}[A-Za-z0-9+/=]{{16,}}+)++"
    rf"(?:{_BREAK}[A-Za-z0-9+/=]{{1,15}}(?={_BREAK}(?:-----END|\Z)))?"
    rf"(?:{_BREAK}-----END [A-Z0-9 ]{{1,60}}-----)?"
)
_SHAPES = (
    _Shape(("sk-ant-",), re.compile(r"sk-ant-[\w-]+")),
    _Shape(("sk-proj-", "sk-svcacct-"), re.compile(r"sk-(?<![\w-]sk-)(?:proj|svcacct)-[\w-]{20,}")),
    _Shape(("k_live_",), re.compile(r"(?<!\w)[rs]k_live_\w{16,}")),
    _Shape(("AKIA", "ASIA"), re.compile(r"(?<![A-Za-z0-9])A(?:KIA|SIA)[0-9A-Z]{16}(?![A-Za-z0-9])")),
    _Shape(("ghp_", "gho_", "ghu_", "ghs_", "ghr_"), re.compile(r"gh(?<!\wgh)[pousr]_\w{20,}")),
    _Shape(("github_pat_",), re.compile(r"github_pat_\w{20,}")),
    _Shape(("glpat-",), re.compile(r"glpat-[\w-]{20,}")),
    _Shape(("xox",), re.compile(r"xox(?<!\wxox)[abeoprs]-[\w-]{10,}")),
    _Shape(("AIza",), re.compile(r"AIza(?<![\w-]AIza)[\w-]{35}(?![\w-])")),
    _Shape(("eyJ",), re.compile(r"eyJ(?<![\w-]eyJ)[\w-]{8,}+\.eyJ[\w-]{8,}+\.[\w-]*+")),
    _Shape(("PRIVATE KEY",), re.compile(_PRIVATE_KEY)),
    # `Basic` and `Bearer` are words of a sentence too: what follows is a secret when it is long and has a digit in it.
    _Shape(
        ("earer", "EARER", "asic", "ASIC"),
        re.compile(r"\b(?P<scheme>basic|bearer)\s+(?=[\w.~+/=-]*\d)[\w.~+/=-]{16,}", re.IGNORECASE),
        rf"\g<scheme> {REDACTED}",
    ),
    _Shape(
        ("api-key", "Api-Key", "API-KEY", "API-Key"),
        re.compile(r"\b(?P<name>x-api-key)(?P<sign>\s*[:=]\s*)[^\s\"',;]+", re.IGNORECASE),
        rf"\g<name>\g<sign>{REDACTED}",
    ),
    # A number behind the colon is a port. The password goes as far as the last @ that the address can have.
    _Shape(
        ("://",),
        re.compile(r"://(?P<user>[^\s:/?#@\[\]\"'<>]*+):(?!\d{1,5}[/?#])[^\s/\"'<>]*@"),
        rf"://\g<user>:{REDACTED}@",
    ),
)


_MARKS = tuple(mark for shape in _SHAPES for mark in shape.marks)


def without_shapes(text: str) -> str:
    """The text with every secret of a known shape replaced."""
    for mark in _MARKS:
        if mark in text:
            break
    else:
        return text
    for shape in _SHAPES:
        text = shape.without(text)
    return text
