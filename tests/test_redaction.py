"""Secrets: which names hold one, what a text hides, and what must stay as it is."""

from __future__ import annotations

import json
from typing import cast

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agentkit.messages import JSON
from agentkit.redaction import REDACTED, is_secret_name, text_without_secrets, without_secrets

KEY = "sk-ant-api03-" + "aB3_" * 10 + "-xyz"


@pytest.mark.parametrize(
    "name",
    [
        "api_key", "x-api-key", "apiKey", "APIKey", "apikey", "OPENAI_API_KEY", "aws_secret_access_key", "privateKey",
        "authorization", "Authorization", "Proxy-Authorization", "authorization_token", "accessToken", "token",
        "github_token", "password", "db_password", "passwd", "secret", "client-secret", "cookie", "Set-Cookie",
        "credentials",
    ],
)  # fmt: skip
def test_names_that_hold_a_secret(name: str) -> None:
    assert is_secret_name(name)
    assert without_secrets({name: "hunter2"}) == {name: REDACTED}


@pytest.mark.parametrize(
    "name",
    [
        "max_tokens", "input_tokens", "cache_read_input_tokens", "budget_tokens", "cache_control", "tokenizer", "key",
        "keyword", "secretary", "password_hint", "token_count", "signature", "data", "tool_use_id", "", "--", "id",
    ],
)  # fmt: skip
def test_names_that_do_not(name: str) -> None:
    assert not is_secret_name(name)
    assert without_secrets({name: "hunter2", "n": {name: 5}}) == {name: "hunter2", "n": {name: 5}}


def test_everything_below_a_secrets_name_is_replaced() -> None:
    value = {"password": 1234, "cookies": {"session": "a", "ids": ["b", 2.5]}, "token": ["a", "b", None, True, ""]}
    assert without_secrets(value) == {
        "password": REDACTED,
        "cookies": {"session": REDACTED, "ids": [REDACTED, REDACTED]},
        "token": [REDACTED, REDACTED, None, True, ""],
    }


def test_the_schema_of_a_parameter_stays() -> None:
    schema = {
        "type": "object",
        "properties": {
            "password": {"type": "string", "description": "What to log in with.", "minLength": 8},
            "token": {"anyOf": [{"type": "string"}, {"type": "null"}]},
            "secret": {"$ref": "#/$defs/secret"},
        },
        "required": ["password", "token"],
    }
    assert without_secrets(schema) == schema


def test_keys_of_the_api_are_replaced_wherever_they_stand() -> None:
    value: JSON = [{"text": f"Use {KEY}, please.", KEY: 1}]
    assert without_secrets(value) == [{"text": f"Use {REDACTED}, please.", REDACTED: 1}]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (f"a {KEY} b", f"a {REDACTED} b"),
        ("Authorization: Bearer eyJhbGciOi1.x-y_z~0==", f"Authorization: Bearer {REDACTED}"),
        ("curl -H 'X-Api-Key: abc123' -d x", f"curl -H 'X-Api-Key: {REDACTED}' -d x"),
        ('{"user": "ann", "password": "a \\" b", "n": 1}', f'{{"user": "ann", "password": "{REDACTED}", "n": 1}}'),
        ('{"password": "cut o', f'{{"password": "{REDACTED}'),
        ("{'api_key': 'abc'}", f"{{'api_key': '{REDACTED}'}}"),
    ],
)
def test_secrets_in_a_text_are_replaced(text: str, expected: str) -> None:
    assert text_without_secrets(text) == expected


@pytest.mark.parametrize(
    "text",
    [
        "A basic internationalization needs a bearer authentication.",
        "Keys of the API begin with sk-ant- and a dot.",
        '{"max_tokens": "5", "password": "", "token": {"type": "string"}}',
        "The password: see above. Your token is what you were given.",
    ],
)
def test_words_about_secrets_stay(text: str) -> None:
    assert text_without_secrets(text) == text


def test_the_value_itself_is_left_alone() -> None:
    value = {"a": [{"password": "x"}]}
    assert without_secrets(value) == {"a": [{"password": REDACTED}]}
    assert value == {"a": [{"password": "x"}]}


SECRETIVE = st.sampled_from(["password", "type", "a", KEY, '"token": "', "'", '"', "\\", "Bearer a1234567890123456"])
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text() | st.lists(SECRETIVE).map("".join),
    lambda inner: st.lists(inner) | st.dictionaries(SECRETIVE | st.text(), inner),
)


@given(VALUES)
def test_what_was_cleaned_stays_as_it_is(value: object) -> None:
    cleaned = without_secrets(cast("JSON", value))
    assert without_secrets(cleaned) == cleaned
    assert KEY not in json.dumps(cleaned)
