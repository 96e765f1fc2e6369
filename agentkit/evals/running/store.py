"""The store of evaluations: trials and grades by content, and the history, in one SQLite file."""

from __future__ import annotations

import json
import sqlite3
import zlib
from contextlib import contextmanager
from dataclasses import asdict
from functools import lru_cache, partial
from os import PathLike
from pathlib import Path
from typing import TYPE_CHECKING

from agentkit.errors import ConfigurationError, UsageError
from agentkit.evals.grade import Grade
from agentkit.evals.running.kept_values import NotKept, kept_value, loaded_value
from agentkit.evals.running.stored_evaluations import EvaluationRecord, evaluation_from_json, evaluation_to_json
from agentkit.evals.running.stored_trials import (
    body_of,
    head_of,
    packed,
    record_of,
    trial_of_record,
    unpacked,
    with_work,
)

if TYPE_CHECKING:
    from collections.abc import Generator, Sequence
    from types import TracebackType

    from agentkit.evals.evaluation import Evaluation
    from agentkit.evals.running.stored_trials import ReadBody
    from agentkit.evals.trial import AnyTrial
    from agentkit.messages.message import JSONObject

_APPLICATION_ID = 0x616B6576  # "akev"
_FORMAT = 1
_BUSY_TIMEOUT_S = 60.0
_BODIES_IN_MEMORY = 4
_TABLES = """
    CREATE TABLE IF NOT EXISTS trials (
        key TEXT PRIMARY KEY, head TEXT NOT NULL, state BLOB NOT NULL, body BLOB NOT NULL);
    CREATE TABLE IF NOT EXISTS grades (key TEXT PRIMARY KEY, grade TEXT NOT NULL);
    CREATE TABLE IF NOT EXISTS evaluations (id INTEGER PRIMARY KEY, suite TEXT NOT NULL, record TEXT NOT NULL);
    CREATE TABLE IF NOT EXISTS evaluated (
        evaluation INTEGER NOT NULL, place INTEGER NOT NULL, trial_key TEXT, record BLOB NOT NULL,
        PRIMARY KEY (evaluation, place));
"""


class EvalStore:
    """A SQLite file with trials, their grades, and the history of evaluations.

    A trial is known by its content: the task, the agent with its tools and their code, the number of the try. It is
    made again when one of these changes, and graded again when a grader does.

    Args:
        path: The file; it is made if there is none.

    Raises:
        ConfigurationError: The file cannot be used, or is something else.
    """

    def __init__(self, path: str | PathLike[str]) -> None:
        self.path = Path(path)
        with self._errors_named():
            self._database = _open(self.path)

    def __enter__(self) -> EvalStore:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    @contextmanager
    def _errors_named(self) -> Generator[None]:
        """Raise what the file causes as ConfigurationError: a full disk, a lock that is held, damage."""
        try:
            yield
        except (sqlite3.Error, OSError, zlib.error, json.JSONDecodeError, UnicodeDecodeError) as error:
            what = f"a row is damaged ({error})" if isinstance(error, zlib.error | ValueError) else error
            raise ConfigurationError(f"The store of evaluations {str(self.path)!r} cannot be used: {what}.") from error

    def close(self) -> None:
        """Close the file. Messages of trials can be read afterwards, too."""
        self._database.close()

    def keep_trial(self, key: str, trial: AnyTrial) -> None:
        """Keep a trial as the agent left it, for this grading and later ones.

        Args:
            key: Its key.
            trial: The trial, not graded.
        """
        kept = {"world": kept_value(trial.world), "output": kept_value(trial.output)}
        row = (key, json.dumps(head_of(trial), default=repr), packed(kept), body_of(trial))
        _read_body.cache_clear()
        with self._errors_named(), self._database:
            self._database.execute("INSERT OR REPLACE INTO trials VALUES (?, ?, ?, ?)", row)

    def keep_grades(self, keys: Sequence[str], trial: AnyTrial) -> None:
        """Keep the grades of a trial.

        Args:
            keys: Their keys, one a grader; a trial with a problem may have fewer grades.
            trial: The trial.
        """
        rows = [(key, json.dumps(asdict(grade))) for key, grade in zip(keys, trial.grades, strict=False)]
        with self._errors_named(), self._database:
            self._database.executemany("INSERT OR REPLACE INTO grades VALUES (?, ?)", rows)

    def kept_grades(self, keys: Sequence[str]) -> list[Grade | None]:
        """Return the grades under these keys. None: it is not graded yet by this grader.

        Args:
            keys: Their keys.
        """
        with self._errors_named():
            select = "SELECT grade FROM grades WHERE key = ?"
            found = [self._database.execute(select, (key,)).fetchone() for key in keys]
            return [None if row is None else Grade(**json.loads(row[0])) for row in found]

    def kept_trial(self, key: str, blank: AnyTrial, *, with_world: bool) -> tuple[AnyTrial, bool] | None:
        """Return a kept trial, and True if it has the world and the output that graders look at. None: it is not kept.

        Args:
            key: Its key.
            blank: The trial as its task and its agent make it.
            with_world: True: a grader will look at it. False: the world is not read.
        """
        with self._errors_named():
            row = self._database.execute("SELECT head, state FROM trials WHERE key = ?", (key,)).fetchone()
            if row is None:
                return None
            head, kept = json.loads(row[0]), unpacked(row[1])
        values: dict[str, object] = {"output": head["output"], "world": None}
        is_whole = True
        for name in ("output", "world") if with_world else ("output",):
            try:
                values[name] = loaded_value(kept[name])
            except (NotKept, TypeError):
                is_whole = False
        return with_work(blank, head, self._reader(key), **values), is_whole

    def stored_trial(self, key: str, trial: AnyTrial) -> AnyTrial:
        """Return a trial that was kept without its world, and with messages that are read when they are used.

        Args:
            key: Its key.
            trial: The trial.
        """
        done = with_work(trial, head_of(trial), self._reader(key), output=trial.output)
        return done.graded(trial.grades, trial.problem)

    def record(self, evaluation: Evaluation, keys: Sequence[str]) -> int:
        """Add an evaluation to the history, and return its number.

        Args:
            evaluation: The evaluation.
            keys: The keys of its trials, in their order; empty for one that is not kept.
        """
        stored = json.dumps(evaluation_to_json(evaluation))
        with self._errors_named(), self._database:
            done = self._database.execute(
                "INSERT INTO evaluations (suite, record) VALUES (?, ?)", (evaluation.suite, stored)
            )
            rows = [
                (done.lastrowid, place, key, packed(record_of(trial)))
                for place, (key, trial) in enumerate(zip(keys, evaluation.trials, strict=True))
            ]
            self._database.executemany("INSERT INTO evaluated VALUES (?, ?, ?, ?)", rows)
        return done.lastrowid or 0

    def evaluations(self, suite: str | None = None) -> list[EvaluationRecord]:
        """Return the evaluations of the history, the newest last.

        Args:
            suite: The name of a suite. None: all of them.
        """
        with self._errors_named():
            rows = self._database.execute("SELECT id, suite, record FROM evaluations ORDER BY id").fetchall()
            stored = [(number, record) for number, name, record in rows if suite in (None, name)]
            return [EvaluationRecord.from_json(number, json.loads(record)) for number, record in stored]

    def load(self, id: int) -> Evaluation:  # noqa: A002 - the name of the field of a record
        """Return an evaluation of the history.

        Args:
            id: Its number.

        Raises:
            UsageError: There is none.
        """
        with self._errors_named():
            row = self._database.execute("SELECT record FROM evaluations WHERE id = ?", (id,)).fetchone()
            if row is None:
                raise UsageError(f"The store {str(self.path)!r} has no evaluation {id}.")
            rows = self._database.execute(
                "SELECT trial_key, record FROM evaluated WHERE evaluation = ? ORDER BY place", (id,)
            )
            trials = [trial_of_record(unpacked(record), self._reader(key)) for key, record in rows]
            return evaluation_from_json(json.loads(row[0]), trials)

    def _reader(self, key: str) -> ReadBody:
        return partial(_read_body, self.path, key)


def _open(path: Path) -> sqlite3.Connection:
    database = sqlite3.connect(path, timeout=_BUSY_TIMEOUT_S, check_same_thread=False)
    try:
        (kind,) = database.execute("PRAGMA application_id").fetchone()
        (tables,) = database.execute("SELECT count(*) FROM sqlite_master").fetchone()
        if kind != _APPLICATION_ID and tables:
            raise sqlite3.DatabaseError("it is a database of something else; give another file")
        if kind == _APPLICATION_ID and (version := database.execute("PRAGMA user_version").fetchone()[0]) != _FORMAT:
            raise sqlite3.DatabaseError(f"it has the format {version}, this version reads {_FORMAT}")
        database.execute("PRAGMA journal_mode = WAL")
        database.execute("PRAGMA synchronous = NORMAL")
        if not tables:
            create = f"PRAGMA application_id = {_APPLICATION_ID}; PRAGMA user_version = {_FORMAT};"
            database.executescript(f"BEGIN IMMEDIATE; {create} {_TABLES} COMMIT;")
    except BaseException:
        database.close()
        raise
    return database


@lru_cache(maxsize=_BODIES_IN_MEMORY)
def _read_body(path: Path, key: str) -> JSONObject:
    """Return the messages and calls of a kept trial; empty if it is not there any more."""
    database = sqlite3.connect(path, timeout=_BUSY_TIMEOUT_S)
    try:
        row = database.execute("SELECT body FROM trials WHERE key = ?", (key,)).fetchone()
    except sqlite3.Error:
        row = None
    finally:
        database.close()
    return {"transcript": [], "sub_transcripts": {}, "calls": []} if row is None else unpacked(row[0])
