"""Secrets: which names hold one, what a text hides, and what must stay as it is."""

from __future__ import annotations

import json
import time
from typing import cast

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agentkit import DefinitionError, ToolError, tool
from agentkit.messages.message import JSON, Content
from agentkit.redaction.redactor import (
    REDACTED,
    Redactor,
    is_secret_name,
    text_without_secrets,
    without_secrets,
)
from agentkit.tool_calls.call_result import CallResult
from tests.executing import call, execution

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


# -- what the model reads --------------------------------------------------------------------------------------------


def test_the_model_reads_data_that_only_sounds_secret() -> None:
    page = '{"items": [], "next_page_token": "abc123", "password": "asked for", "token": "t-17"}'
    assert Redactor().text(page) is page


def test_short_credentials_are_words_and_stay() -> None:
    redactor = Redactor.of([], ["any", "unused", "1234567", "redacted", "", "12345678"])
    assert redactor.text("any unused 1234567 redacted 12345678") == f"any unused 1234567 redacted {REDACTED}"


def test_a_longer_value_is_hidden_before_one_that_it_contains() -> None:
    assert Redactor.of([], ["password", "password-of-ann"]).text("password-of-ann password") == f"{REDACTED} {REDACTED}"


def test_what_stands_behind_a_given_name_is_hidden_and_the_variable_of_that_name(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("SHOP_PIN", "correct horse battery")
    redactor = Redactor.of(["SHOP_PIN", "iban"], [])
    assert redactor.text('{"iban": "DE02", "shop_pin": 12}') == f'{{"iban": "{REDACTED}", "shop_pin": "{REDACTED}"}}'
    assert redactor.text("It is correct horse battery.") == f"It is {REDACTED}."


def test_no_secret_is_shown_by_its_redactor() -> None:
    assert "12345678" not in repr(Redactor.of([], ["12345678"]))


BLOCKS: list[tuple[Content, Content]] = [
    (f"Use {KEY}.", f"Use {REDACTED}."),
    ([{"type": "text", "text": KEY}], [{"type": "text", "text": REDACTED}]),
    (
        [{"type": "document", "source": {"type": "text", "media_type": "text/plain", "data": KEY}, "title": KEY}],
        [
            {
                "type": "document",
                "source": {"type": "text", "media_type": "text/plain", "data": REDACTED},
                "title": REDACTED,
            }
        ],
    ),
    (
        [{"type": "tool_result", "tool_use_id": "a", "content": [{"type": "text", "text": KEY}]}],
        [{"type": "tool_result", "tool_use_id": "a", "content": [{"type": "text", "text": REDACTED}]}],
    ),
    (
        [{"type": "search_result", "source": "s", "title": "t", "content": [{"type": "text", "text": KEY}]}],
        [{"type": "search_result", "source": "s", "title": "t", "content": [{"type": "text", "text": REDACTED}]}],
    ),
]


@pytest.mark.parametrize(("content", "expected"), BLOCKS)
def test_texts_inside_of_blocks_are_cleaned(content: Content, expected: Content) -> None:
    before = json.dumps(content)
    cleaned = Redactor().content(content)
    assert cleaned == expected
    assert json.dumps(content) == before
    assert Redactor().content(cleaned) is cleaned


def test_clean_content_comes_back_as_the_very_same_object_and_pictures_are_not_read() -> None:
    source = {"type": "base64", "media_type": "image/png", "data": f"AAAA{KEY}"}
    content: Content = [{"type": "text", "text": "tea"}, {"type": "image", "source": source}]
    pdf: Content = [{"type": "document", "source": {**source, "media_type": "application/pdf"}}]
    assert Redactor().content(content) is content
    assert Redactor().content(pdf) is pdf


@pytest.mark.anyio
async def test_every_answer_of_a_call_is_cleaned() -> None:
    @tool(effect="read")
    async def show(how: str) -> str:
        """Show a secret."""
        if how == "raise":
            raise ToolError(f"No access for {KEY}.", hint="Ask postgres://ann:hunter2@db/shop.")
        return f"iban=DE02 {KEY}"

    redactor = Redactor.of(["iban"], [])
    calls = [call("show", 1, how="return"), call("show", 2, how="raise"), call(KEY, 3)]
    results: dict[str, CallResult] = {}
    await execution([show], redactor=redactor).run(calls, results)
    first, second, third = (str(results[call.id].content) for call in calls)
    assert first == f"iban={REDACTED} {REDACTED}"
    assert second == f"No access for {REDACTED}. Ask postgres://ann:{REDACTED}@db/shop."
    assert third.startswith(f"There is no tool `{REDACTED}`.")


@pytest.mark.parametrize("names", ["iban", [""], [5], 5])
def test_what_is_no_list_of_names_is_refused(names: object) -> None:
    from agentkit.redaction.redactor import check_redacted_names

    with pytest.raises(DefinitionError, match="name"):
        check_redacted_names(names)


@given(
    st.text() | st.lists(SECRETIVE | st.sampled_from(["iban", ":", "=", " ", "[", "{", "}", "12345678"])).map("".join)
)
def test_what_was_cleaned_for_the_model_stays_as_it_is(text: str) -> None:
    redactor = Redactor.of(["iban"], ["12345678"])
    cleaned = redactor.text(text)
    assert redactor.text(cleaned) is cleaned
    assert "12345678" not in cleaned
    assert KEY not in cleaned


def test_a_megabyte_is_looked_through_quickly() -> None:
    redactor = Redactor.of(["iban"], ["12345678"])
    text = "The quick brown fox. " * 50_000
    started = time.perf_counter()
    assert redactor.text(text) is text
    assert time.perf_counter() - started < 10  # a few hundredths; in quadratic time it would be minutes
