"""Cassettes of vcrpy in the forms that projects keep them in."""

from __future__ import annotations

import base64
import gzip
import json
import subprocess
import sys
from pathlib import Path

import pytest

from agentkit.errors import ConfigurationError
from agentkit.simulator import Recording, Replay
from tests.simulator.recorded_agent import post, replays_every_byte

STREAM = (
    b'event: message_start\ndata: {"type":"message_start","message":{"model":"m"}}\n\n'
    b'event: message_stop\ndata: {"type":"message_stop"}\n\n'
)

VCRPY = f"""
interactions:
- request:
    body: '{{"model":"claude-opus-5-5","messages":[{{"role":"user","content":"Tea?"}}],"stream":true}}'
    headers:
      Content-Type: [application/json]
      X-Api-Key: [sk-ant-abc]
      anthropic-version: ['2023-06-01']
    method: POST
    uri: https://api.anthropic.com/v1/messages?beta=true
  response:
    body:
      string: {json.dumps(STREAM.decode())}
    headers:
      Content-Type: [text/event-stream; charset=utf-8]
      Request-Id: [req_1]
      Set-Cookie: [a=b]
    status: {{code: 200, message: OK}}
- request:
    body: !!binary |
      {base64.b64encode(b'{"model":"m"}').decode()}
    headers: {{}}
    method: POST
    uri: https://api.anthropic.com/v1/messages
  response:
    body:
      string: !!binary |
        {base64.b64encode(gzip.compress(b'{"id":"msg_1", "n":1.0}')).decode()}
    headers:
      Content-Encoding: [gzip]
      Content-Type: [application/json]
    status: {{code: 200, message: OK}}
- request:
    body: null
    headers: {{}}
    method: GET
    uri: https://api.anthropic.com/v1/models
  response:
    body: {{string: ''}}
    headers: {{retry-after: ['3', '4']}}
    status: {{code: 429, message: Too Many Requests}}
version: 1
"""

PARSED = """
interactions:
- request:
    headers:
      content-type:
      - application/json
    method: POST
    parsed_body:
      max_tokens: 4096
      messages:
      - content: When was 2026-01-01?
        role: user
      model: claude-opus-5-5
      stream: false
    uri: https://api.anthropic.com/v1/messages
  response:
    headers:
      content-encoding:
      - gzip
      content-type:
      - application/json
    parsed_body:
      content:
      - text: |-
          Long ago,
          é.
        type: text
      created: 2026-01-01
      id: msg_1
    status:
      code: 200
      message: OK
version: 1
"""


@pytest.mark.anyio
async def test_its_own_form_with_text_binary_and_compressed_bodies(tmp_path: Path) -> None:
    (tmp_path / "tea.yaml").write_text(VCRPY, encoding="utf-8")
    streamed, packed, empty = Recording.load(tmp_path / "tea.yaml").exchanges
    assert (streamed.method, streamed.path, streamed.status) == ("POST", "/v1/messages?beta=true", 200)
    assert streamed.response_body == STREAM
    assert streamed.request_headers == {"content-type": "application/json", "anthropic-version": "2023-06-01"}
    assert streamed.response_headers["request-id"] == "req_1"
    assert streamed.origin == "tea.yaml, interaction 1"
    assert packed.response_body == b'{"id":"msg_1", "n":1.0}'
    assert packed.request_body == b'{"model":"m"}'
    assert (empty.status, empty.response_body, empty.response_headers) == (429, b"", {"retry-after": "3, 4"})
    await replays_every_byte(Replay(tmp_path / "tea.yaml"))


@pytest.mark.anyio
async def test_bodies_that_are_kept_as_yaml_become_compact_json(tmp_path: Path) -> None:
    (tmp_path / "parsed.yml").write_text(PARSED, encoding="utf-8")
    replay = Replay(tmp_path / "parsed.yml")
    asked = b"""{"model": "claude-opus-5-5", "max_tokens": 4096, "stream": false,
        "messages": [{"role": "user", "content": "When was 2026-01-01?"}]}"""
    async with replay.serve() as base_url:
        answer = await post(base_url, asked)
    expected = '{"content":[{"text":"Long ago,\\né.","type":"text"}],"created":"2026-01-01","id":"msg_1"}'
    assert answer.content.decode() == expected


def test_a_folder_may_hold_cassettes_of_both_forms(tmp_path: Path) -> None:
    (tmp_path / "deep").mkdir()
    (tmp_path / "deep" / "parsed.yml").write_text(PARSED, encoding="utf-8")
    (tmp_path / "tea.yaml").write_text(VCRPY, encoding="utf-8")
    assert len(Recording.load(tmp_path).exchanges) == 4


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("a: [", "is not YAML: "),
        ("- 1", "is no cassette: it has no list of `interactions`"),
        ("interactions: 5", "is no cassette"),
        ("interactions: [5]", "cannot be read: TypeError"),
        ("interactions: [{request: {method: GET}}]", r"cannot be read: KeyError\('response'\)"),
        ("interactions: [{request: {method: GET, uri: x}, response: {status: 5}}]", "cannot be read: TypeError"),
        ("x: !!python/object/apply:os.system [true]", "is not YAML"),
    ],
)
def test_what_is_no_cassette_is_said_so(tmp_path: Path, text: str, said: str) -> None:
    (tmp_path / "x.yaml").write_text(text, encoding="utf-8")
    with pytest.raises(ConfigurationError, match=rf"x\.yaml {said}"):
        Recording.load(tmp_path / "x.yaml")


_WITHOUT_YAML = """
import sys
sys.modules["yaml"] = None
from agentkit.errors import ConfigurationError
from agentkit.simulator import Recording
try:
    Recording.load(sys.argv[1])
except ConfigurationError as error:
    print(error)
"""


def test_without_pyyaml_it_says_what_to_install(tmp_path: Path) -> None:
    (tmp_path / "x.yaml").write_text(PARSED, encoding="utf-8")
    command = [sys.executable, "-c", _WITHOUT_YAML, str(tmp_path / "x.yaml")]
    said = subprocess.run(command, capture_output=True, text=True, check=True, timeout=50).stdout
    assert said == f"To read the cassette {tmp_path}/x.yaml, PyYAML is needed: pip install pyyaml\n"
