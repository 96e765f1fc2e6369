"""Read texts and their labels from CSV, JSON lines or plain lines; of a folder, each file is a label."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import cast

from agentkit.cli.arguments.prompt_source import read_text_file
from agentkit.cli.terminal.exit_codes import CommandError

_TEXT_FIELDS = ("text", "prompt", "question", "message", "input", "turns")
_LABEL_FIELDS = ("label", "category", "class")
_SUFFIXES = (".csv", ".jsonl", ".ndjson", ".txt")


def read_labelled(path: Path) -> list[tuple[str, str]]:
    """Return the texts of a file with their labels; of a folder, those of its files, each labelled by its file's name.

    Raises:
        CommandError: There is no such file, a line of it is damaged, or a text has no label.
    """
    if path.is_dir():
        files = sorted(one for one in path.iterdir() if one.suffix.lower() in _SUFFIXES)
        if not files:
            raise CommandError(f"{str(path)!r} has no file of texts: {', '.join(_SUFFIXES)}.")
        return [(text, one.stem) for one in files for text, _ in _read(one)]
    labelled: list[tuple[str, str]] = []
    for number, (text, label) in enumerate(_read(path), 1):
        if label is None:
            raise CommandError(
                f"{str(path)!r}: entry {number} has no label, which it needs as one of: {', '.join(_LABEL_FIELDS)}."
            )
        labelled.append((text, label))
    return labelled


def read_texts(path: Path) -> list[str]:
    """Return the texts of a file, or of all files of a folder. Raises CommandError as `read_labelled` does."""
    return [text for text, _ in read_labelled(path)] if path.is_dir() else [text for text, _ in _read(path)]


def _read(path: Path) -> Iterator[tuple[str, str | None]]:
    content = read_text_file(path)
    match path.suffix.lower():
        case ".csv":
            rows: Iterator[Mapping[str, object]] = iter(csv.DictReader(io.StringIO(content, newline="")))
        case ".txt":
            rows = ({"text": line} for line in content.splitlines() if line.strip())
        case _:
            rows = _json_rows(path, content)
    for number, row in enumerate(rows, 1):
        text = next((row[name] for name in _TEXT_FIELDS if row.get(name)), None)
        if isinstance(text, list):
            text = next(iter(cast("list[object]", text)), None)  # of a conversation, what it begins with
        label = next((row[name] for name in _LABEL_FIELDS if row.get(name)), None)
        if not isinstance(text, str):
            raise CommandError(f"{str(path)!r}: entry {number} has no text, as one of: {', '.join(_TEXT_FIELDS)}.")
        yield text, label if isinstance(label, str) else None


def _json_rows(path: Path, content: str) -> Iterator[Mapping[str, object]]:
    for number, line in enumerate(content.split("\n"), 1):
        if not line.strip():
            continue
        try:
            value: object = json.loads(line)
        except (ValueError, RecursionError) as error:
            raise CommandError(f"{str(path)!r}, line {number}, is no JSON: {error}.") from None
        if not isinstance(value, dict):
            raise CommandError(f"{str(path)!r}, line {number}, is no JSON object.")
        yield cast("dict[str, object]", value)
