"""A responder for `read_many` over a corpus: readers who overlook nothing of what they are shown, and a writer who uses
nothing but the evidence that it is given."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, field
from typing import TypeAlias

from agentkit.evals.synthesis.answer import Answer, Item, Quote
from agentkit.evals.synthesis.corpus import Passage
from agentkit.evals.synthesis.questions import Expected
from agentkit.messages.message import JSONObject
from agentkit.patterns import Evidence, Findings
from agentkit.testing import Reply

_EVIDENCE = re.compile(r'(?s)<evidence number="\d+" document="([^"]+)".*?<claim>(.*?)</claim>\n<quote>(.*?)</quote>')

Sentences: TypeAlias = "list[tuple[str, Passage, str]]"
"""Ships, each with a passage and its sentence that counts."""


@dataclass
class SimulatedReaders:
    """Plays the readers and the writer."""

    questions: tuple[Expected, ...]
    overlooked: frozenset[str] = frozenset()
    """Sentences that the readers do not report."""
    invented: str = ""
    """A ship that the writer adds, with a quote of its own making."""
    prompt_chars: int = 0
    """The characters of documents that readers were given."""
    _sentences: dict[str, Sentences] = field(default_factory=dict[str, Sentences])

    def __post_init__(self) -> None:
        for one in self.questions:
            self._sentences[one.question] = [
                (name, passage, sentence)
                for name, needed in zip(one.names, one.evidence, strict=True)
                for each in needed
                for passage, sentence in each.passages
                if sentence not in self.overlooked
            ]

    def __call__(self, request: JSONObject) -> Reply:
        """Return the reply of a reader or of the writer."""
        text = json.dumps([request.get("system"), request["messages"]], ensure_ascii=False)
        question = next(one for one in self.questions if one.question in text)
        if "Read the documents to their end" not in str(request.get("system")):
            return Reply.output(self._written(question, request))
        blocks = [block for message in request["messages"] for block in message["content"]]
        shown = "\n".join(str(block["source"]["data"]) for block in blocks if block.get("type") == "document")
        self.prompt_chars += len(shown)
        found = [
            Evidence(name, sentence, passage.document, 0.9)
            for name, passage, sentence in self._sentences[question.question]
            if passage.text in shown
        ]
        return Reply.output(Findings(found))

    def _written(self, question: Expected, request: JSONObject) -> Answer:
        (message,) = request["messages"]
        content = message["content"]
        text = content if isinstance(content, str) else "".join(str(block.get("text")) for block in content)
        quotes: dict[str, list[Quote]] = {}
        for document, name, quote in _EVIDENCE.findall(text):
            quotes.setdefault(name, []).append(Quote(document, quote))
        items = [Item(name, quotes[name]) for name in question.names if name in quotes]
        if self.invented:
            items.append(Item(self.invented, [Quote("almanac", f"The {self.invented} was there, too, I swear it.")]))
        number = question.number if question.is_ordered or question.number is None else len(items)
        return Answer(items, number, [*question.absent])
