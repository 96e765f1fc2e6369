"""The form in which a person labels texts: one after another, with undo; every label is kept at once."""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from agentkit.cli.terminal.style import styled
from agentkit.cli.terminal.text import terminal_width
from agentkit.messages.printable import one_line, plural, printable
from agentkit.messages.wrapping import wrap_text

if TYPE_CHECKING:
    from agentkit.patterns import Decision, ExampleStore

_MOST_SHOWN = 9
"""Categories that are shown before `/all`: those with the highest scores."""
_MOST_LINES = 12
"""Lines of a text that are shown."""
_INDENT = "  "
_UNDO = ("/undo", "/u")
_HELP = "Type a letter, Enter for the suggestion (>), /undo, /skip, /all or /quit."


@dataclass(slots=True)
class LabelForm:
    """Asks for the labels of some texts, and adds them to the store."""

    store: ExampleStore
    categories: Mapping[str, str]
    """Label -> meaning."""
    letters: Mapping[str, str]
    """Label -> letter."""
    texts: Sequence[tuple[str, Decision]]
    """The texts with what the classifier says, in the order in which they are shown."""
    labelled: int = field(default=0, init=False)
    """Labels given so far."""
    _done: list[tuple[int, str | None]] = field(default_factory=list[tuple[int, str | None]], init=False)
    """The texts that were answered, each with the label that the store had for it before."""
    _at: int = field(default=0, init=False)
    _shows_all: bool = field(default=False, init=False)

    def run(self) -> None:
        """Ask until there is no text left, or nobody answers any more."""
        while True:
            is_over = self._at == len(self.texts)
            if is_over:
                self._say("That was the last text. Enter ends, /undo goes back.")
            else:
                self._show()
            answer = self._read()
            if answer is None or (is_over and answer.lower() not in _UNDO) or not self._take(answer):
                return

    def _take(self, answer: str) -> bool:
        """Do what was typed. False: leave."""
        command = answer.lower()
        if command in _UNDO:
            self._undo()
            return True
        text, decision = self.texts[self._at]
        match command:
            case "/quit" | "/q":
                return False
            case "/skip" | "/s":
                self._go_on(self.store.label_of(text))
            case "/all" | "/a":
                self._shows_all = True
            case _:
                label = decision.label if not answer else self._label_of(answer)
                if label is None:
                    self._say(f"{answer!r} is no label. {_HELP}" if answer else f"Nothing is suggested. {_HELP}")
                else:
                    before = self.store.label_of(text)
                    self.store.add(text, label)
                    self.labelled += 1
                    self._go_on(before)
        return True

    def _go_on(self, before: str | None) -> None:
        self._done.append((self._at, before))
        self._at += 1
        self._shows_all = False

    def _undo(self) -> None:
        """Go back to the text before, and give the store what it had."""
        if not self._done:
            self._say("There is nothing to undo.")
            return
        self._at, before = self._done.pop()
        text = self.texts[self._at][0]
        now = self.store.label_of(text)
        if now != before:
            self.labelled -= 1
            if before is None:
                self.store.remove(text)
            else:
                self.store.add(text, before)
        self._say(f"Taken back: {now or 'skipped'}.")

    def _label_of(self, answer: str) -> str | None:
        """Return the label that was typed: its letter, itself, or a beginning that no other has."""
        for label, letter in self.letters.items():
            if answer.upper() == letter or answer == label:
                return label
        matches = [label for label in self.categories if label.lower().startswith(answer.lower())]
        return matches[0] if len(matches) == 1 and len(answer) > 2 else None

    def _show(self) -> None:
        text, decision = self.texts[self._at]
        width = terminal_width(sys.stderr)
        shown = wrap_text(printable(text[: width * _MOST_LINES]).strip(), width - 2, _INDENT).split("\n")
        rest = len(shown) > _MOST_LINES or len(text) > width * _MOST_LINES
        head = f"{self._at + 1} of {len(self.texts)} · {_certainty_text(decision)}"
        lines = ["", styled(one_line(head, width), "dim", sys.stderr), ""]
        lines += [f"{_INDENT}{line.removeprefix(_INDENT)}" for line in shown[:_MOST_LINES]]
        lines += [f"{_INDENT}…"] if rest else []
        print(*lines, "", *self._category_lines(decision, width), sep="\n", file=sys.stderr, flush=True)

    def _category_lines(self, decision: Decision, width: int) -> list[str]:
        labels = sorted(self.categories, key=lambda label: (label != decision.label, -decision.scores.get(label, 0.0)))
        shown = {*(labels if self._shows_all else labels[:_MOST_SHOWN])}
        lines: list[str] = []
        for label in self.categories:
            if label in shown:
                meaning = self.categories[label]
                said = f"{label} - {meaning}" if meaning and meaning != label else label
                mark = ">" if label == decision.label else " "
                line = one_line(f"{mark} {self.letters[label]}  {said}", width - 1)
                lines.append(styled(line if mark == ">" else f"  {line}", "bold" if mark == ">" else "", sys.stderr))
        if len(shown) < len(labels):
            lines.append(f"  and {plural(len(labels) - len(shown), 'other')}: /all")
        return lines

    def _say(self, sentence: str) -> None:
        print(wrap_text(printable(sentence), terminal_width(sys.stderr)), file=sys.stderr, flush=True)

    def _read(self) -> str | None:
        """Return the line that was typed. None: the input has ended."""
        print("label> ", end="", file=sys.stderr, flush=True)
        data = b"" if sys.stdin is None else sys.stdin.buffer.readline()
        if not data:
            print(file=sys.stderr, flush=True)
        return data.decode(errors="replace").strip() if data else None


def certainty_of(decision: Decision) -> float:
    """Return how far the best score is above the second best; 0 for an abstention."""
    if decision.label is None:
        return 0.0
    best, second = sorted([*decision.scores.values(), 0.0, 0.0], reverse=True)[:2]
    return best - second


def _certainty_text(decision: Decision) -> str:
    return "no suggestion" if decision.label is None else f"certainty {certainty_of(decision):.2f}"
