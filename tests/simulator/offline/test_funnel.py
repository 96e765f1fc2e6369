"""The stages of a funnel against requests written by hand."""

import json
from typing import Any

import pytest

from agentkit.messages.message import JSONObject, text_block
from tests.simulator.offline.offline_requests import STRING, reply_to, request, text_in
from tests.simulator.offline.test_reader import formatted

NUMBERS: JSONObject = {"type": "array", "items": {"type": "integer"}}
EVIDENCE = (
    '<evidence number="1" document="a">\n<quote>Ben is the landlord.</quote>\n</evidence>\n'
    '<evidence number="2" document="b">\n<quote>The rent is 900 EUR</quote>\n</evidence>'
)


def form(**properties: JSONObject) -> JSONObject:
    return {"type": "object", "properties": properties, "required": [*properties], "additionalProperties": False}


def section(schema: JSONObject) -> Any:
    said = [text_block(EVIDENCE), text_block("Write the section `it`: it: landlord.")]
    wanted = form(it=schema, evidence_numbers=NUMBERS)
    asked = {**request(said), "system": "<question>Who is who?</question>", **formatted(wanted)}
    return json.loads(text_in(reply_to(asked)))


@pytest.mark.parametrize(
    ("schema", "value"),
    [
        (STRING, "Ben is the landlord [1]."),
        ({"type": "array", "items": STRING, "maxItems": 1}, ["Ben is the landlord [1]."]),
        ({"anyOf": [form(name=STRING), {"type": "null"}]}, {"name": "Ben is the landlord [1]."}),
        ({"anyOf": [{"type": "integer"}, {"type": "null"}]}, None),
        ({"type": "string", "maxLength": 8}, "Ben [1]."),
    ],
)
def test_a_section_is_filled_with_quotes_that_name_their_numbers(schema: JSONObject, value: object) -> None:
    assert section(schema) == {"it": value, "evidence_numbers": []}
