"""A file of labelled examples: JSON lines, only ever appended to, by several processes at once.

{"text": "Where is my parcel?", "label": "order"}
{"text": "Where is my parcel?", "label": null}

A later line replaces an earlier one for the same text; a label of null takes the example back.
"""

from __future__ import annotations

import json
import os
import time
from pathlib import Path
from typing import cast

from agentkit.errors import UsageError
from agentkit.journal.file_lock import try_lock

_RETRY_AFTER_S = 0.001
"""Seconds until the next try to lock the file; others hold it for one read or write."""


class ExampleFile:
    """A file of examples, read up to where it was written last.

    Args:
        path: The file; the first line makes it.

    Raises:
        UsageError: Its folder does not exist, or a line in it is damaged; the text names the line.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self._read_bytes = self._read_lines = 0
        if not path.parent.is_dir():
            raise UsageError(f"There is no folder {str(path.parent)!r} for the examples of {path.name!r}.")

    def append(self, text: str, label: str | None) -> None:
        """Append a line and wait until it is written; what another process appends meanwhile is kept.

        Args:
            text: The text.
            label: The label. None: the text has none any more.
        """
        line = json.dumps({"text": text, "label": label}, ensure_ascii=False)
        # What UTF-8 does not have, half of a pair of surrogates, JSON writes as an escape.
        data = f"{line}\n".encode(errors="backslashreplace")
        with self.path.open("a+b", buffering=0) as file:
            _wait_for_lock(file.fileno(), is_shared=False)
            if size := file.seek(0, os.SEEK_END):
                file.seek(size - 1)
                data = data if file.read(1) == b"\n" else b"\n" + data  # whoever wrote the last line did not end it
            rest = memoryview(data)
            while rest:
                rest = rest[file.write(rest) :]

    def read_new(self) -> list[tuple[str, str | None]]:
        """Return the texts and labels of the lines that were not read yet, whichever process has written them.

        A file that has become shorter was written anew, and is read from its beginning.
        """
        try:
            if self.path.stat().st_size == self._read_bytes:
                return []
            with self.path.open("rb") as file:
                _wait_for_lock(file.fileno(), is_shared=True)
                if file.seek(0, os.SEEK_END) < self._read_bytes:
                    self._read_bytes = self._read_lines = 0
                file.seek(self._read_bytes)
                data = file.read()
        except FileNotFoundError:
            self._read_bytes = self._read_lines = 0  # whoever writes it next begins anew
            return []
        except OSError as error:
            raise UsageError(
                f"The examples in {str(self.path)!r} cannot be read: {error.strerror or error}."
            ) from error
        lines = data.removesuffix(b"\n").split(b"\n")
        found = [self._parse(line, number) for number, line in enumerate(lines, self._read_lines + 1) if line.strip()]
        self._read_bytes += len(data)  # not before all lines are known to be right: a damaged one is named again
        self._read_lines += len(lines)
        return found

    def _parse(self, line: bytes, number: int) -> tuple[str, str | None]:
        try:
            value: object = json.loads(line.decode("utf-8-sig"))
        except (ValueError, RecursionError) as error:
            raise self._damaged(number, str(error)) from None
        fields = cast("dict[str, object]", value) if isinstance(value, dict) else {}
        text, label = fields.get("text"), fields.get("label", False)
        if not isinstance(text, str) or not (label is None or isinstance(label, str)):
            raise self._damaged(number, 'it needs a "text" and a "label", both in quotation marks')
        return text, label

    def _damaged(self, number: int, problem: str) -> UsageError:
        return UsageError(f"{str(self.path)!r}, line {number}, is no example: {problem}. Correct or remove the line.")


def _wait_for_lock(descriptor: int, *, is_shared: bool) -> None:
    """Wait until the file is locked; closing it ends the lock."""
    while not try_lock(descriptor, is_shared=is_shared):
        time.sleep(_RETRY_AFTER_S)
