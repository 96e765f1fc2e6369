"""Examples on disk: files and folders of texts, also in pairs with their inputs, and files of JSON lines.

{"input": "the transcript", "output": "the essay"}
{"text": "an essay"}
{"messages": [{"role": "user", "content": "..."}, {"role": "assistant", "content": "..."}]}
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable, Iterator
from os import PathLike, fspath
from pathlib import Path, PurePosixPath
from typing import TypeAlias, cast

from agentkit.errors import UsageError
from agentkit.messages.text_encoding import decode_text
from agentkit.patterns.few_shot.demonstration import Demonstration, demonstration_of_pair, is_pair_of_json
from agentkit.patterns.few_shot.earlier_messages import demonstrations_in
from agentkit.patterns.reading.document_store import DocumentStore
from agentkit.patterns.sources import Gap

ExamplePath: TypeAlias = "str | PathLike[str]"
"""The path of a file or a folder."""
_LINES_SUFFIXES = (".jsonl", ".ndjson")
_TABLE_SUFFIXES = (".csv", ".tsv")


def read_examples(paths: Iterable[ExamplePath], inputs: ExamplePath | None) -> Iterator[Demonstration | Gap]:
    """Yield the examples of files and folders, and what could not be read of them.

    Args:
        paths: Files and folders of outputs; each line of a file of JSON lines is an example.
        inputs: The folder, or file, of the inputs: each has the name of its output, whatever its suffix.
    """
    lines: dict[Path, str] = {}

    def is_left(file: Path, name: str) -> bool:
        has_lines = inputs is None and file.suffix.lower() in _LINES_SUFFIXES
        if has_lines:
            lines.setdefault(file, name)
        return has_lines

    texts, gaps = _read_texts(paths, is_left)
    yield from gaps
    if inputs is not None:
        yield from _pairs(texts, inputs)
    else:
        yield from (_text_or_gap(name, text) for name, text in texts)
    for file, name in lines.items():
        yield from _of_lines(file, name)


def _text_or_gap(name: str, text: str) -> Demonstration | Gap:
    """Return the example of a text; a gap for a file of pairs, which would be shown as it stands, as one text."""
    suffix = PurePosixPath(name).suffix.lower()
    if suffix == ".json":
        has_pairs = _has_pairs(text)
    else:
        header = text.lstrip("\ufeff").split("\n", 1)[0].lower() if suffix in _TABLE_SUFFIXES else ""
        has_pairs = {"input", "output"} <= {column.strip(' "') for column in re.split(r"[,;\t]", header)}
    if has_pairs:
        return Gap(
            name, 'pairs of input and output: write each into a line of a .jsonl file, {"input": ..., "output": ...}'
        )
    return Demonstration(text, name=name)


def _has_pairs(text: str) -> bool:
    """True for JSON that is a pair, or a list of nothing but pairs, also with more fields."""
    try:
        value: object = json.loads(text)
    except (ValueError, RecursionError):
        return False
    if is_pair_of_json(value):
        return True
    records = cast("list[object]", value) if isinstance(value, list) else []
    fields = [{*cast("dict[str, object]", one)} for one in records if isinstance(one, dict)]
    has_both = len(fields) == len(records) and all({"input", "output"} <= names for names in fields)
    return bool(records) and (has_both or all(map(is_pair_of_json, records)))


def _read_texts(
    paths: Iterable[ExamplePath], is_left: Callable[[Path, str], bool] | None = None
) -> tuple[list[tuple[str, str]], list[Gap]]:
    """Return the texts of all files by name, but for those that are left, and what could not be read."""
    texts: list[tuple[str, str]] = []
    with DocumentStore() as store:
        for path in paths:
            store.keep_files(Path(fspath(path)), lambda name, text: texts.append((name, text)), is_left)
        gaps = list(store.gaps)
        pages = ((name, page) for name, _ in texts for page in store.pictures(name))
        gaps += [Gap(f"{name}, page {page}", "a picture, which has no text") for name, page in pages]
        texts = [(name, text) for name, text in texts if store.has_text(name)]
    gaps += [Gap(name, "empty") for name, text in texts if not text.strip()]
    return [(name, text) for name, text in texts if text.strip()], gaps


def _pairs(outputs: Iterable[tuple[str, str]], inputs: ExamplePath) -> Iterator[Demonstration | Gap]:
    """Yield each output with the input of its name."""
    found, gaps = _read_texts([inputs])
    yield from gaps
    by_stem: dict[str, list[tuple[str, str]]] = {}
    for name, text in found:
        by_stem.setdefault(_stem(name), []).append((name, text))
    for name, text in outputs:
        same = by_stem.pop(_stem(name), [])
        if len(same) == 1:
            yield Demonstration(text, same[0][1], name)
        elif same:
            yield Gap(name, f"{len(same)} inputs of this name in {fspath(inputs)}: {', '.join(one for one, _ in same)}")
        else:
            yield Gap(name, f"no input of this name in {fspath(inputs)}")
    for unused in by_stem.values():
        yield from (Gap(name, "an input without an output of this name") for name, _ in unused)


def _stem(name: str) -> str:
    return PurePosixPath(name).with_suffix("").as_posix()


def _of_lines(file: Path, name: str) -> Iterator[Demonstration | Gap]:
    """Yield the examples of a file of JSON lines, of whatever size; a line that is none is a gap."""
    from agentkit_tools.documents import error_reason, regular_file
    from agentkit_tools.unreadable import NotReadable

    try:
        text = decode_text(regular_file(file, file.parent).read_bytes())
    except (NotReadable, UnicodeDecodeError) as error:
        yield Gap(name, "not UTF-8 text" if isinstance(error, UnicodeDecodeError) else str(error))
        return
    except OSError as error:
        yield Gap(name, error_reason(error))
        return
    for number, line in enumerate(text.split("\n"), 1):
        if not line.strip():
            continue
        place = f"{name}, line {number}"
        try:
            yield from _of_record(json.loads(line), place)
        except (ValueError, RecursionError) as error:
            yield Gap(place, f"no JSON: {error}")
        except UsageError as error:
            yield Gap(place, str(error).rstrip("."))


def _of_record(record: object, place: str) -> Iterator[Demonstration | Gap]:
    fields = cast("dict[str, object]", record) if isinstance(record, dict) else {}
    if isinstance(turns := fields.get("messages"), list):
        yield from demonstrations_in(cast("list[dict[str, object]]", turns), place)
    elif fields.get("output") is not None and fields.get("input") is not None:
        yield demonstration_of_pair(fields["input"], fields["output"], place)
    elif isinstance(output := fields.get("output", fields.get("text")), str):
        yield Demonstration(output, name=place)
    else:
        names = ", ".join(map(repr, fields)) or "no fields"
        raise UsageError(f'it has {names}; an example has "input" and "output", or "text", or "messages"')
