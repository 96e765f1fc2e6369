"""Patterns of known secrets: API keys of well-known services, private keys, tokens, passwords in URLs.

One rule for this file: every pattern takes linear time, whatever the text. Repetitions are possessive or bounded, and
a pattern begins with literal text.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

REDACTED = "[redacted]"
"""The text that replaces a secret."""


@dataclass(frozen=True, slots=True)
class _SecretPattern:
    marks: tuple[str, ...]
    """Substrings one of which every such secret has: a fast check before the regular expression."""
    pattern: re.Pattern[str]
    replacement: str = REDACTED

    def redact(self, text: str) -> str:
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
# The order counts, so that redaction is idempotent: what stands beside a secret may hide its end until it is replaced
# itself. First come patterns that may contain other secrets, last those that need a boundary behind them.
_SECRET_PATTERNS = (
    _SecretPattern(("PRIVATE KEY",), re.compile(_PRIVATE_KEY)),
    # A number after the colon is a port. The password ends at the last @ that can belong to the URL.
    _SecretPattern(
        ("://",),
        re.compile(r"://(?P<user>[^\s:/?#@\[\]\"'<>]*+):(?!\d{1,5}[/?#])[^\s/\"'<>]*@"),
        rf"://\g<user>:{REDACTED}@",
    ),
    # `Basic` and `Bearer` are also plain words: what follows is a secret if it is long and has a digit.
    _SecretPattern(
        ("earer", "EARER", "asic", "ASIC"),
        re.compile(r"\b(?P<scheme>basic|bearer)\s+(?=[\w.~+/=-]*\d)[\w.~+/=-]{16,}", re.IGNORECASE),
        rf"\g<scheme> {REDACTED}",
    ),
    _SecretPattern(
        ("api-key", "Api-Key", "API-KEY", "API-Key"),
        re.compile(r"\b(?P<name>x-api-key)(?P<sign>\s*[:=]\s*)[^\s\"',;]+", re.IGNORECASE),
        rf"\g<name>\g<sign>{REDACTED}",
    ),
    _SecretPattern(("sk-ant-",), re.compile(r"sk-ant-[\w-]+")),
    _SecretPattern(("github_pat_",), re.compile(r"github_pat_\w{20,}")),
    _SecretPattern(("glpat-",), re.compile(r"glpat-[\w-]{20,}")),
    _SecretPattern(("sk-proj-", "sk-svcacct-"), re.compile(r"sk-(?<![\w-]sk-)(?:proj|svcacct)-[\w-]{20,}")),
    _SecretPattern(("k_live_",), re.compile(r"(?<!\w)[rs]k_live_\w{16,}")),
    _SecretPattern(("ghp_", "gho_", "ghu_", "ghs_", "ghr_"), re.compile(r"gh(?<!\wgh)[pousr]_\w{20,}")),
    _SecretPattern(("xox",), re.compile(r"xox(?<!\wxox)[abeoprs]-[\w-]{10,}")),
    _SecretPattern(("eyJ",), re.compile(r"eyJ(?<![\w-]eyJ)[\w-]{8,}+\.eyJ[\w-]{8,}+\.[\w-]*+")),
    _SecretPattern(("AKIA", "ASIA"), re.compile(r"(?<![A-Za-z0-9])A(?:KIA|SIA)[0-9A-Z]{16}(?![A-Za-z0-9])")),
    _SecretPattern(("AIza",), re.compile(r"AIza(?<![\w-]AIza)[\w-]{35}(?![\w-])")),
)

_MARKS = tuple(mark for shape in _SECRET_PATTERNS for mark in shape.marks)


def without_known_secrets(text: str) -> str:
    """Return the text with every secret that matches a known pattern replaced."""
    for mark in _MARKS:
        if mark in text:
            break
    else:
        return text
    for shape in _SECRET_PATTERNS:
        text = shape.redact(text)
    return text
