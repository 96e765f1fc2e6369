"""Secrets that are known by their looks, and what looks a little like them."""

from __future__ import annotations

import itertools
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agentkit.redaction.secret_patterns import REDACTED, without_known_secrets

# Written in two halves, so that no scanner of this repository takes them for real ones.
PEM = (
    "-----BEGIN RSA PRIVATE" + " KEY-----\n" + "MIIEpAIBAAKCAQEA7bq9\n" * 3 + "ab==\n-----END RSA PRIVATE" + " KEY-----"
)
JWT = "eyJhbGciOiJIUzI1NiJ9." + "eyJzdWIiOiIxMjM0NTY3ODkwIn0.dozjgNryP4J3jVmNHl0w5N_XgL0n3I9P"
SECRETS = [
    "sk-ant-" + "api03-abc_DEF-123",
    "sk-proj-" + "a1B2" * 8,
    "sk_live_" + "a1B2" * 6,
    "AKIA" + "IOSFODNN7EXAMPLE",
    "ghp_" + "a1B2" * 9,
    "github_pat_" + "a1B2_" * 9,
    "glpat-" + "a1B2-" * 5,
    "xoxb-" + "1234567890-abcdef",
    "AIza" + "SyA-1234567890abcdefghijklmnopqrstu",
    JWT,
    PEM,
    PEM.replace("\n", "\\n"),
    PEM.replace("KEY-----\n", "KEY-----\nProc-Type: 4,ENCRYPTED\nDEK-Info: AES-128-CBC,0123\n\n", 1),
]


@pytest.mark.parametrize("secret", SECRETS)
def test_a_secret_is_replaced_whole(secret: str) -> None:
    for before, behind in [("", ""), ("key: ", ", next"), ('{"key":"', '"}'), ("(", ")"), ("=", "\n")]:
        assert without_known_secrets(f"{before}{secret}{behind}") == f"{before}{REDACTED}{behind}"


def test_secrets_side_by_side_are_both_replaced_and_at_once() -> None:
    """A secret may hide the end of the one before it, or the beginning of the one behind it."""
    for pair in itertools.product(
        [*SECRETS, "AIza" + 34 * "x" + "-", "://u:", "Bearer ", "x-api-key: ", "-"], repeat=2
    ):
        cleaned = without_known_secrets("".join(pair))
        assert without_known_secrets(cleaned) == cleaned
        assert pair[1] != PEM or "MII" not in cleaned
    assert without_known_secrets(f"{SECRETS[8]}{PEM}{SECRETS[8]}") == 3 * REDACTED


def test_a_private_key_that_was_cut_is_replaced_as_far_as_it_goes() -> None:
    for cut in (PEM.partition("\n-----END")[0], PEM.partition("\nab==")[0], PEM[:60]):
        assert without_known_secrets(f"key: {cut}") == f"key: {REDACTED}"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Authorization: Bearer abc123def456ghi789", f"Authorization: Bearer {REDACTED}"),
        ("authorization: basic YW5uOmh1bnRlcjI=", f"authorization: basic {REDACTED}"),
        ("x-api-key: whatever", f"x-api-key: {REDACTED}"),
        ("postgres://ann:hunter2@db:5432/shop?x=1", f"postgres://ann:{REDACTED}@db:5432/shop?x=1"),
        ("redis://:hunter2@cache", f"redis://:{REDACTED}@cache"),
        ("https://ann:p@ss#w?rd@host/", f"https://ann:{REDACTED}@host/"),
        ("https://ann:1234@host/", f"https://ann:{REDACTED}@host/"),
        ('["a://b:c@d","e://f:g@h"]', f'["a://b:{REDACTED}@d","e://f:{REDACTED}@h"]'),
    ],
)
def test_of_a_header_or_an_address_only_the_secret_is_replaced(text: str, expected: str) -> None:
    assert without_known_secrets(text) == expected
    assert without_known_secrets(expected) == expected


@pytest.mark.parametrize(
    "text",
    [
        "A basic internationalization needs a bearer authentication.",
        "The file begins with -----BEGIN PRIVATE" + " KEY----- and is secret.",
        "-----BEGIN CERTIFICATE-----\nMIIEpAIBAAKCAQEA7bq9\n-----END CERTIFICATE-----",
        "-----BEGIN PUBLIC" + " KEY-----\nMIIEpAIBAAKCAQEA7bq9\n-----END PUBLIC KEY-----",
        "http://host:8080/a@b http://host:80?mail=a@b mail ann@host, see https://host/@ann",
        "AKIA is a prefix, ghp_ too; xoxb- and eyJ are others, AIza as well",
        "MAKIA" + "IOSFODNN7EXAMPLE" + "S",
        "task-proj-" + "a" * 30,
        "A hash: 9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
        "sha512-" + "a1B2/+" * 14,
    ],
)
def test_what_only_looks_a_little_like_one_stays(text: str) -> None:
    assert without_known_secrets(text) is text or without_known_secrets(text) == text


MEGABYTE = 1_000_000
ADVERSARIAL = [
    "://", "://a:b", "://a:" + "b" * 50, "-eyJ", "eyJaaaaaaaa.eyJaaaaaaaa", "-----BEGIN PRIVATE" + " KEY-----",
    "-----BEGIN PRIVATE" + " KEY-----\n" + "a\n" * 50, "-----BEGIN PRIVATE" + " KEY-----Version: a\n",
    "aaaaaaaaaaaaaaaa ", "bearer ", "bearer\t", "x-api-key", "x-api-key ", "AKIA", "ghp_", "xoxb-", "AIza", "sk-ant-",
    "sk-proj-", '"a":"', '"', "\\",
]  # fmt: skip
STARTS = ["", "://u:", "bearer ", "bearer", "eyJ", "x-api-key", "-----BEGIN PRIVATE" + " KEY-----", "'a': '"]


@pytest.mark.parametrize("start", STARTS)
def test_no_text_takes_more_than_linear_time(start: str) -> None:
    """One slow pattern would take hours here."""
    started = time.perf_counter()
    for piece in [*ADVERSARIAL, " ", "a"]:
        without_known_secrets(start + piece * (MEGABYTE // 10 // len(piece)))
    assert time.perf_counter() - started < 20


@given(st.lists(st.sampled_from([*SECRETS, *ADVERSARIAL, "@", "a", " ", "/", REDACTED])).map("".join))
def test_what_was_cleaned_stays_as_it_is(text: str) -> None:
    cleaned = without_known_secrets(text)
    assert without_known_secrets(cleaned) == cleaned
