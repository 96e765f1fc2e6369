"""Cassettes of vcrpy, read as recordings: its own format, and that of projects that keep bodies as YAML."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, cast
from urllib.parse import urlsplit

from agentkit.errors import ConfigurationError
from agentkit.messages.message import encode
from agentkit.simulator.recordings.exchange import Exchange, decompress_body

if TYPE_CHECKING:
    from agentkit.messages.message import JSONObject

_TIMESTAMP_TAG = "tag:yaml.org,2002:timestamp"


def read_cassette(data: bytes, path: Path) -> Iterator[Exchange]:
    """Yield the exchanges of a cassette, with compressed bodies unpacked.

    A body that the cassette keeps as YAML (`parsed_body`) becomes compact JSON, since its original bytes are not in
    the file.

    Raises:
        ConfigurationError: The file is no cassette, or PyYAML is not installed.
    """
    content = _load_yaml(data, path)
    interactions: object = cast("JSONObject", content).get("interactions") if isinstance(content, dict) else None
    if not isinstance(interactions, list):
        raise ConfigurationError(f"{path} is no cassette: it has no list of `interactions`.")
    for number, interaction in enumerate(cast("list[JSONObject]", interactions), 1):
        try:
            yield _read_interaction(interaction, f"{path.name}, interaction {number}")
        except (AttributeError, KeyError, TypeError, ValueError) as error:
            raise ConfigurationError(f"Interaction {number} of {path} cannot be read: {error!r}.") from error


def _load_yaml(data: bytes, path: Path) -> object:
    try:
        import yaml
    except ImportError as error:
        text = f"To read the cassette {path}, PyYAML is needed: pip install pyyaml"
        raise ConfigurationError(text) from error

    fastest = getattr(yaml, "CSafeLoader", yaml.SafeLoader)

    class Loader(fastest):  # type: ignore[misc, valid-type]  # the C loader exists on some machines only
        """A loader that leaves dates as text, as they are in JSON."""

        yaml_implicit_resolvers = {  # noqa: RUF012 - PyYAML's own name and kind
            first: [(tag, pattern) for tag, pattern in resolvers if tag != _TIMESTAMP_TAG]
            for first, resolvers in fastest.yaml_implicit_resolvers.items()
        }

    try:
        content: object = yaml.load(data, Loader=Loader)  # noqa: S506 - it is the safe loader without dates
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise ConfigurationError(f"{path} is not YAML: {error}") from error
    return content


def _read_interaction(interaction: JSONObject, origin: str) -> Exchange:
    request, response = interaction["request"], interaction["response"]
    uri = urlsplit(str(request["uri"]))
    headers, body = decompress_body(_header_values(response), _body_bytes(response))
    return Exchange(
        method=request["method"],
        path=(uri.path or "/") + (f"?{uri.query}" if uri.query else ""),
        request_headers=_header_values(request),
        request_body=_body_bytes(request),
        status=int(response["status"]["code"]),
        response_headers=headers,
        response_body=body,
        origin=origin,
    )


def _header_values(message: JSONObject) -> dict[str, str]:
    """Return the header fields; a cassette keeps a list of values for each."""
    found = cast("Mapping[str, object]", message.get("headers") or {})
    return {
        name: ", ".join(map(str, cast("list[object]", value))) if isinstance(value, list) else str(value)
        for name, value in found.items()
    }


def _body_bytes(message: JSONObject) -> bytes:
    if message.get("parsed_body") is not None:
        return encode(message["parsed_body"])
    body: object = message.get("body")
    if isinstance(body, dict):
        body = cast("JSONObject", body).get("string")
    if body is None:
        return b""
    return body if isinstance(body, bytes) else cast("str", body).encode()
