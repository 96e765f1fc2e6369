"""One example for a prompt: an output, alone or with the input that it answers, and what came between the two.

Two rules for this file: an example holds nothing but texts, so that it never changes and can be pickled; and what a
request cannot carry is replaced here, once.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import KW_ONLY, dataclass
from typing import cast

from agentkit.errors import UsageError
from agentkit.history.plain_text import plain_text
from agentkit.messages.content import Document, File, Image
from agentkit.messages.message import Block, JSONObject, encode, is_blank
from agentkit.patterns.texts import sendable
from agentkit.run.input import part_to_block
from agentkit.run.output import WRAPPER_PROPERTY
from agentkit.tools.json_forms import NoJsonForm
from agentkit.tools.serialization import json_text, replace_unsendable

_FORMS = "a text, a pair of input and output, a Document, a Demonstration, or a value that has a JSON form"


@dataclass(frozen=True, slots=True)
class Demonstration:
    """An output as it ought to be, alone or with the input that it answers."""

    output: str
    """The text to learn from; of a value, the JSON that an agent with this output type answers."""
    input: str = ""
    """The input that it answers, as text. Empty: none, the output stands alone."""
    name: str = ""
    """The name for people: the path of its file, or the id of its document. It is in no prompt."""
    _: KW_ONLY
    turns: str = ""
    """The messages of the API, as JSON, where they are more than two texts: tool calls with their results, pictures,
    documents. Empty: the input and the output are all."""

    def __post_init__(self) -> None:
        for name in ("output", "input", "name", "turns"):
            value: object = getattr(self, name)
            if not isinstance(value, str):
                raise UsageError(f"Demonstration({name}={value!r}): it takes a text; Examples takes values, too.")
            object.__setattr__(self, name, clean_text(value))
        if not self.output:
            raise UsageError(f"An example{f' ({self.name})' if self.name else ''} has a blank output.")

    @property
    def digest(self) -> bytes:
        """A hash of all but its name: examples stand in its order, which favors none."""
        content = f"{self.input}\0{self.output}\0{self.turns}"
        return hashlib.sha256(content.encode()).digest()

    def messages(self) -> list[JSONObject]:
        """Return its messages in the API's form; empty where the output stands alone."""
        if self.turns:
            return cast("list[JSONObject]", json.loads(self.turns))
        texts = (("user", self.input), ("assistant", self.output)) if self.input else ()
        return [{"role": role, "content": text} for role, text in texts]


def demonstration_from(given: object) -> Demonstration:
    """Return the example that a value stands for. Raises UsageError, with what it takes, for what is none."""
    if isinstance(given, Demonstration):
        return given
    if isinstance(given, str):
        return Demonstration(given)
    if isinstance(given, Document):
        return Demonstration(given.text, name=given.id)
    if isinstance(given, tuple) and len(cast("tuple[object, ...]", given)) == 2:
        return demonstration_of_pair(*cast("tuple[object, object]", given))
    if isinstance(given, tuple | bytes | bytearray | Image | File) or given is None:
        raise UsageError(f"An example is {_FORMS}, not {_shown(cast('object', given))}.")
    if is_pair_of_json(given):
        raise UsageError(
            f"An example is {_FORMS}; {_shown(given)} reads like a pair, which is a tuple here: (input, output). If it "
            "is an output by itself, give its JSON as a text."
        )
    return Demonstration(_text_of_output(given))


def is_pair_of_json(value: object) -> bool:
    """True for what JSON has for a pair of input and output: a list of two, or an object of both and nothing else."""
    if isinstance(value, list):
        return len(cast("list[object]", value)) == 2
    return isinstance(value, dict) and value.keys() == {"input", "output"}


def demonstration_of_pair(given: object, output: object, name: str = "") -> Demonstration:
    """Return the example of an input and its output, each a text or any value that has a JSON form.

    Args:
        given: The input; also a picture, a file, a Document, or a list with some of these in it.
        output: The output.
        name: The name for people.
    """
    text = _text_of_output(output)
    if isinstance(given, Document):
        name = name or given.id
    if (blocks := _blocks_of(given)) is None:
        if not (said := _text_of_value(given)).strip():
            raise UsageError(f"An example has a blank input beside its output {_shown(output)}.")
        return Demonstration(text, said, name)
    if is_blank(blocks):
        raise UsageError(f"An example has a blank input beside its output {_shown(output)}.")
    shown = input_text(given).strip() or plain_text(blocks)
    return Demonstration(text, shown, name, turns=turns_text([("user", blocks), ("assistant", text)]))


def input_text(given: object) -> str:
    """Return the text of an input, by which examples are found and are the same; a picture or a PDF has none."""
    if isinstance(given, Document | str):
        return given if isinstance(given, str) else given.text
    if isinstance(given, Image | File):
        return ""
    if isinstance(given, list):
        parts = cast("list[object]", given)
        if any(map(_is_content, parts)) or [type(part) for part in parts] == [str]:
            return "\n".join(filter(None, map(_text_of_part, parts)))
        return _text_of_value(parts)
    return _text_of_value(given)


def _is_content(part: object) -> bool:
    return isinstance(part, Document | Image | File) or (isinstance(part, dict) and "type" in part)


def _text_of_part(part: object) -> str:
    if not isinstance(part, dict):
        return input_text(part)
    block = cast("Block", part)
    if block.get("type") == "text":
        return str(block.get("text") or "")
    source: object = block.get("source")
    if not isinstance(source, dict):
        return plain_text([block])
    data = cast("Block", source)
    return str(data.get("data")) if data.get("type") == "text" else ""


def turns_text(turns: Sequence[tuple[str, object]]) -> str:
    """Return messages, each a role and its content, as the JSON that an example holds."""
    return encode([{"role": role, "content": _clean_content(content)} for role, content in turns]).decode()


def _blocks_of(given: object) -> list[Block] | None:
    """Return an input that is more than text as content blocks. None: it is a text, or a value."""
    parts = cast("list[object]", given) if isinstance(given, list) else [given]
    if not any(isinstance(part, Document | Image | File) for part in parts):
        return None
    for part in parts:
        if not isinstance(part, str | Document | Image | File):
            raise UsageError(f"The input of an example is content, but it holds {_shown(part)}.")
    kept = [part for part in parts if part != ""]
    return [part_to_block(cast("str | Document | Image | File", part)) for part in kept]


def _text_of_value(value: object) -> str:
    if isinstance(value, str):
        return value
    try:
        return json_text(value)
    except NoJsonForm as error:
        raise UsageError(f"An example holds {_shown(value)}, which has no JSON form: {error}.") from error


def _text_of_output(value: object) -> str:
    """Return an output as an agent of its type answers: as JSON, a value that is no object in one."""
    text = _text_of_value(value)
    return text if isinstance(value, str) or text.startswith("{") else f'{{"{WRAPPER_PROPERTY}":{text}}}'


def _clean_content(value: object) -> object:
    if isinstance(value, str):
        return replace_unsendable(sendable(value))[0]
    if isinstance(value, Mapping):
        fields = cast("Mapping[str, object]", value)
        return {name: _clean_content(inner) for name, inner in fields.items() if name != "cache_control"}
    if isinstance(value, list):
        return [_clean_content(inner) for inner in cast("list[object]", value)]
    return value


def clean_text(text: str) -> str:
    """Return a text as every system writes it: line ends of one kind, no blank lines around, nothing unsendable."""
    text = replace_unsendable(sendable(text.removeprefix("\ufeff")))[0]
    return text.replace("\r\n", "\n").replace("\r", "\n").strip("\n").rstrip()


def _shown(value: object) -> str:
    try:
        text = repr(value)
    except Exception:  # noqa: BLE001 - of a value of the user's, or one that is nested too deep
        return f"a value of the type {type(value).__name__}"
    return f"{type(value).__name__} {text if len(text) <= 60 else f'{text[:57]}...'}"
