"""The one JSON form of everything that a journal records, with a hash over all of it.

Two rules for this file: a record does not name its run, so that a copy of the run has the same records; and a record
that was written once can be read by every later version.
"""

from __future__ import annotations

import hashlib
import json
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, NamedTuple, TypeAlias, cast

from agentkit.budget.charges import Charge, total_usd
from agentkit.errors import JournalError
from agentkit.journal.blobs import BlobReference, Blobs, cut_out, encode_json, put_back, take_out
from agentkit.journal.places import Place, SortKey, sort_key

if TYPE_CHECKING:
    from agentkit.messages.message import JSON, JSONObject
    from agentkit.run.steps import Step

VERSION = 1
"""The version of the form; increased when earlier versions of this package cannot read it."""
MAX_REQUEST_CHARS = 200
"""Characters of what a step asked that are recorded, to be shown beside another request."""
_SEAL_BYTES = len(',"sha256":""}') + 64
_NEW_LINES = re.compile("[\x85\u2028\u2029]")
"""Characters that end a line for `str.splitlines`, but not in JSON."""

Phase: TypeAlias = Literal["intent", "value"]
"""The two things that a record can say of a step: that it is about to happen, or with which value it has ended."""


class Written(NamedTuple):
    """The place of a record in its run, and the time when it was written."""

    place: tuple[Place, ...]
    """The places of the steps above it, from the root on, and its own."""
    execution: int
    """The number of the process that has written it: 1, then 2 after the first resume."""
    started_s: float
    """When the step began, in seconds for which processes have worked on the run."""
    ended_s: float
    """When it ended, or was announced."""


class NewRecord(NamedTuple):
    """A record that is to be written."""

    record: Record
    body: bytes
    """The same as JSON."""
    blobs: Blobs


@dataclass(frozen=True, slots=True)
class Record:
    """The record of one step: its intent, or its value."""

    name: str
    """The full name of the step: `tool:toolu_01/model:1`."""
    kind: str
    phase: Phase
    effect: str
    key: str
    """The idempotency key. Empty: there is none."""
    request_hash: str
    request: str
    """The beginning of what was asked, if there is a hash of it."""
    place: tuple[Place, ...]
    """For this field and the next three see `Written`."""
    execution: int
    started_s: float
    ended_s: float
    value: JSON
    """The value without its charges and its blobs."""
    charges: tuple[JSONObject, ...] | None
    """The charges of model calls. None: the value has no `charges`."""
    blobs: tuple[BlobReference, ...] = ()
    version: int = VERSION

    @property
    def is_call(self) -> bool:
        """True for a tool call."""
        _, call, other = self.place[-1]
        return call > 0 and other == 0

    @property
    def sort_key(self) -> SortKey:
        """The key that sorts the records of a run."""
        return sort_key(self.place, self.name, is_value=self.phase == "value", is_end=self.kind == "end")

    @property
    def cost_usd(self) -> float | None:
        """The cost of its charges. None: the price of a model is not known."""
        return total_usd(map(Charge.from_json, self.charges)) if self.charges else 0.0

    def to_json(self) -> bytes:
        """Encode it as one JSON object, which ends with the hash of all before."""
        return self._sealed(encode_json(self.value))

    def to_line(self, run_id: str, blobs: Blobs) -> str:
        """Return it as a line of an export: with the contents of its blobs, and the run that it is from."""
        fields: JSONObject = json.loads(self.to_json())
        whole = {"run_id": run_id, **fields, "value": put_back(self.value, self.blobs, blobs)}
        return _NEW_LINES.sub(lambda found: f"\\u{ord(found[0]):04x}", encode_json(whole).decode())

    def _sealed(self, value: bytes) -> bytes:
        head = {
            "version": self.version,
            "name": self.name,
            "kind": self.kind,
            "phase": self.phase,
            "effect": self.effect,
            "key": self.key,
            "request_hash": self.request_hash,
            "request": self.request,
            "place": self.place,
            "execution": self.execution,
            "started_s": self.started_s,
            "ended_s": self.ended_s,
            "charges": self.charges,
            "blobs": [[reference.path, reference.sha256] for reference in self.blobs],
        }
        content = _content(head, value)
        return b'%b,"sha256":"%b"}' % (content[:-1], hashlib.sha256(content).hexdigest().encode())

    def whole_value(self, blobs: Blobs) -> JSONObject:
        """Return the value as it was recorded. Raises ValueError if one of its blobs is missing or has changed."""
        value = cast("JSONObject", put_back(self.value, self.blobs, blobs) if self.blobs else self.value)
        return value if self.charges is None else {**value, "charges": [*self.charges]}

    @classmethod
    def make(cls, name: str, step: Step, phase: Phase, written: Written, value: JSONObject) -> NewRecord:
        """Make the record of a step. Raises ValueError for what JSON does not have.

        Args:
            name: The full name of the step.
            step: The step.
            phase: Intent or value.
            written: Place and time.
            value: The intent, or the value.
        """
        charges = value.get("charges")
        kept = value if charges is None else {key: part for key, part in value.items() if key != "charges"}
        encoded = encode_json(kept)
        # Parsed again: lists for tuples, texts for numbers as keys, as every later execution gets it.
        inline, references, blobs = take_out(json.loads(encoded), encoded, step.kind)
        record = cls(
            name,
            step.kind,
            phase,
            step.effect,
            step.key,
            step.request_hash,
            step.describe()[:MAX_REQUEST_CHARS] if step.describe is not None and step.request_hash else "",
            *written,
            inline,
            None if charges is None else tuple(charges),
            references,
        )
        return NewRecord(record, record._sealed(encode_json(inline) if references else encoded), blobs)

    @classmethod
    def from_json(cls, encoded: bytes, run_id: str, name: str) -> Record:
        """Read the JSON of `to_json`. Raises JournalError if it is not as it was written.

        Args:
            encoded: The JSON.
            run_id: The run that it belongs to, for the error.
            name: The name under which it was found, for the error.
        """
        try:
            return cls._from_sealed(encoded)
        except (AttributeError, LookupError, TypeError, ValueError) as error:
            raise damaged_record(run_id, name, str(error)) from error

    @classmethod
    def from_line(cls, line: str, number: int) -> tuple[str, NewRecord]:
        """Read a line of an export, spaces between its parts or not: the id of its run, and the record.

        Raises:
            JournalError: It is no record, or not as it was written.

        Args:
            line: The line.
            number: Its number, for the error.
        """
        try:
            fields = json.loads(line)
            if not isinstance(fields, dict):
                raise TypeError("it is no JSON object")
            run_id, body, blobs = _split_line(cast("JSONObject", fields))
            record = cls._from_sealed(body)
        except (AttributeError, LookupError, RecursionError, TypeError, ValueError) as error:
            raise refused_line(number, f"it is damaged, or no record of a run ({_reason(error)})") from error
        return run_id, NewRecord(record, body, blobs)

    @classmethod
    def _from_sealed(cls, encoded: bytes) -> Record:
        """Read the JSON of `to_json`. Raises ValueError, and what parsing raises, if it is not as it was written."""
        fields: JSONObject = json.loads(encoded)
        sha256 = fields.pop("sha256")
        record = cls._from_fields(fields)
        if hashlib.sha256(encoded[:-_SEAL_BYTES] + b"}").hexdigest() != sha256:
            raise ValueError("its hash is not that of its content")
        return record

    @classmethod
    def _from_fields(cls, fields: JSONObject) -> Record:
        _check_version(fields)
        charges = fields["charges"]
        given: JSONObject = {
            **fields,
            "place": tuple((turn, call, other) for turn, call, other in fields["place"]),
            "charges": None if charges is None else tuple(charges),
            "blobs": _references(fields),
        }
        return cls(**given)


def _content(head: JSONObject, value: bytes) -> bytes:
    """Return what the hash is made of. The value, which is long, is encoded once."""
    return b'%b,"value":%b}' % (encode_json(head)[:-1], value)


def _references(fields: JSONObject) -> tuple[BlobReference, ...]:
    return tuple(BlobReference(tuple(path), sha256) for path, sha256 in fields["blobs"])


def _check_version(fields: JSONObject) -> None:
    version = fields["version"]
    if not isinstance(version, int) or version < 1:
        raise ValueError(f"its version is {version!r}, which no version of agentkit writes")
    if version > VERSION:
        raise ValueError(f"a newer version of agentkit has written it (form {version}, known: {VERSION})")


def _split_line(fields: JSONObject) -> tuple[str, bytes, Blobs]:
    """Return the run of a line, its record as it is stored, and the contents that are stored beside it."""
    _check_version(fields)
    run_id = fields.pop("run_id")
    if not isinstance(run_id, str):
        raise TypeError("its `run_id` is no text")
    value, blobs = cut_out(fields["value"], _references(fields))
    if any(hashlib.sha256(content).hexdigest() != sha256 for sha256, content in blobs.items()):
        raise ValueError("the hash of a long text is not that of its content")
    del fields["value"]
    sha256 = fields.pop("sha256")
    content = _content(fields, encode_json(value))
    return run_id, b'%b,"sha256":"%b"}' % (content[:-1], str(sha256).encode()), blobs


def _reason(error: Exception) -> str:
    match error:
        case KeyError():
            return f"it has no {error}"
        case json.JSONDecodeError():
            return f"it is no JSON: {error}"
        case RecursionError():
            return "it is nested too deeply"
        case _:
            return str(error)


def refused_line(number: int, reason: str) -> JournalError:
    """Return the error about a line that cannot be imported."""
    return JournalError(f"The lines cannot be imported. See line {number}: {reason}. Nothing was imported.")


def damaged_record(run_id: str, name: str, reason: str) -> JournalError:
    """Return the error about a record that is not as it was written."""
    return JournalError(
        f"The record `{name}` of run `{run_id}` is damaged or was changed: {reason}. Nothing of the run was executed."
    )
