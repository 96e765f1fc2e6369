"""A recording: a file of JSON lines, one exchange per line, to which any number of writers may append at once.

The first line names the format. Such lines may also stand further down, so that recordings can be joined with `cat`.
Each line is written by one system call.
"""

from __future__ import annotations

import codecs
import json
import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import cast

from agentkit.errors import ConfigurationError
from agentkit.messages.message import JSONObject, encode
from agentkit.simulator.recordings.exchange import Exchange

FORMAT = 1
"""The version of the format that is written, and the only one that can be read."""

_FORMAT_KEY = "agentkit_recording"


@dataclass(frozen=True, slots=True)
class Recording:
    """Exchanges in the order in which they were recorded."""

    exchanges: tuple[Exchange, ...]
    """The requests with their responses."""
    name: str = "the recording"
    """A name for error messages."""

    @classmethod
    def load(cls, path: str | Path) -> Recording:
        """Read a recording, a vcrpy cassette (`.yaml`, `.yml`), or a folder with any number of both.

        Raises:
            ConfigurationError: A file cannot be read; the text has the line and what to do about it. Or a cassette is
                to be read, and PyYAML is not installed.
        """
        path = Path(path)
        if not path.is_dir():
            return cls(tuple(_read_file(path)), path.name)
        files = sorted(file for file in path.rglob("*") if file.suffix in _RECORDING_SUFFIXES and file.is_file())
        if not files:
            raise ConfigurationError(f"{path} holds no recordings: no file in it ends in .jsonl, .yaml or .yml.")
        return cls(tuple(exchange for file in files for exchange in _read_file(file)), path.name)


_CASSETTE_SUFFIXES = {".yaml", ".yml"}
_RECORDING_SUFFIXES = {".jsonl", *_CASSETTE_SUFFIXES}


def _read_file(path: Path) -> Iterator[Exchange]:
    try:
        data = path.read_bytes()
    except OSError as error:
        raise ConfigurationError(f"The recording {path} cannot be read: {error.strerror or error}.") from error
    if path.suffix in _CASSETTE_SUFFIXES:
        from agentkit.simulator.recordings.cassettes import read_cassette

        yield from read_cassette(data, path)
        return
    lines = data.removeprefix(codecs.BOM_UTF8).split(b"\n")  # not `splitlines`, which also splits at other characters
    for number, line in enumerate(lines, 1):
        if not line.strip():
            continue
        value = _parse_line(line, path, number, is_unfinished=number == len(lines))
        if _FORMAT_KEY in value:
            _check_format(value[_FORMAT_KEY], path)
            continue
        try:
            yield Exchange.from_json(value, f"{path.name}:{number}")
        except (KeyError, TypeError, ValueError, AttributeError) as error:
            raise ConfigurationError(f"Line {number} of {path} is no exchange: {error!r}.") from error


def _parse_line(line: bytes, path: Path, number: int, *, is_unfinished: bool) -> JSONObject:
    try:
        value = json.loads(line)
    except (ValueError, RecursionError) as error:
        if is_unfinished:
            text = f"The last line of {path}, line {number}, is cut off: its writer was stopped. Delete that line."
            raise ConfigurationError(text) from error
        raise ConfigurationError(f"Line {number} of {path} is not JSON: {error}.") from error
    if not isinstance(value, dict):
        raise ConfigurationError(f"Line {number} of {path} is no exchange, but JSON of another kind.")
    return cast("JSONObject", value)


def _check_format(found: object, path: Path) -> None:
    if found != FORMAT:
        raise ConfigurationError(
            f"{path} was recorded in format {found!r}, and this version of agentkit reads {FORMAT}: record it again, "
            "or use the version that wrote it."
        )


@dataclass(frozen=True, slots=True)
class RecordingFile:
    """A file to which exchanges are appended, also by several tasks, threads and processes at once."""

    path: Path

    def __post_init__(self) -> None:
        try:
            is_new = not self.path.exists() or self.path.stat().st_size == 0
            self._append(encode({_FORMAT_KEY: FORMAT}) + b"\n" if is_new else b"")
        except OSError as error:
            reason = error.strerror or str(error)
            raise ConfigurationError(f"The recording {self.path} cannot be written: {reason}.") from error

    def append(self, exchange: Exchange) -> None:
        """Append an exchange, without its secrets. Raises OSError, for example when the disk is full."""
        self._append(encode(exchange.to_json()) + b"\n")

    def _append(self, data: bytes) -> None:
        # With O_APPEND, one write is one piece at the end of the file, however many writers there are.
        file = os.open(self.path, os.O_RDWR | os.O_APPEND | os.O_CREAT, 0o666)
        try:
            if data and _has_unfinished_line(file):
                data = b"\n" + data
            if os.write(file, data) < len(data):
                raise OSError("only a part of the line could be written")
        finally:
            os.close(file)


def _has_unfinished_line(file: int) -> bool:
    """Return True if the last line has no newline: a line appended to it could not be read."""
    size = os.fstat(file).st_size
    return size > 0 and os.pread(file, 1, size - 1) != b"\n"
