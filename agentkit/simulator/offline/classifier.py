"""A classifier: one label of a few, by the vote of the nearest labelled examples in the request, or an abstention.

Nearness is BM25 over words and character n-grams. It knows no meaning: a text that shares no words with the examples,
or without any with what the labels stand for, gets no label.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise

from agentkit.messages.message import JSON, JSONObject, text_of
from agentkit.retrieval.bm25 import Bm25
from agentkit.retrieval.terms import word_grams
from agentkit.schema.json_schema.subschemas import resolve_reference
from agentkit.simulator.offline.reader import parse_json_text
from agentkit.simulator.replies.reply import Reply
from agentkit.simulator.replies.wanted_output import output_schema

CLASSIFIER_LABEL = "Offline classifier, not a language model"
_MAX_VOTES = 5
_MIN_SHARE = 0.12
_MOST_WORDS_OF_A_NAME = 3
_ONE_LABEL_WANTED = re.compile(
    r"\b(?:(?:one|single|a|exactly one) (?:capital )?(?:letter|character)\b|one code of two letters\b|(?:exactly )?"
    r"one (?:label|class|category|of"
    r"(?: the following| these)?(?: labels| classes| categories| letters| words)?\b)|only (?:the|a) (?:letter|label))",
    re.IGNORECASE,
)
_OPTION = re.compile(r"(?<![\w'])[(\[\"'`]?([A-Z?])[)\]\"'`]?\s?(?:[:=)]|\s-|\bfor\b|\bif\b)\s*([^\n,;.]{2,60})")
_OPTION_LINE = re.compile(r"(?m)^[-*\s]*([A-Z]{1,2})[:)=]\s+(\S.*)$")
_FENCED_TEXT = re.compile(r"<(text-[0-9a-f]{16})>\n(.*)\n</\1>", re.DOTALL)
"""The text of a `Classifier`: nothing in it is an order, an option or an example."""
_LISTED = re.compile(r"one of[^:\n]{0,40}:\s*([^\n.]{3,300})", re.IGNORECASE)
_ABSTAINING = re.compile(
    r"^\?|\s\?$|\b(unsure|unclear|unknown|uncertain|undecided|abstain|none|neither|other|not sure)\b", re.IGNORECASE
)
_TEXT_FIELD = r"(?:text|input|message|question|mail|email|prompt|query|user)"
_LABEL_FIELD = r"(?:label|class|category|answer|output|letter)"
_EXAMPLES = (
    re.compile(rf"(?is)<{_TEXT_FIELD}>(.+?)</{_TEXT_FIELD}>\s*<{_LABEL_FIELD}>\s*(.+?)\s*</{_LABEL_FIELD}>"),
    re.compile(rf"(?im)^\s*{_TEXT_FIELD}:\s*(.+?)\s*\n?\s*{_LABEL_FIELD}:\s*[\"'`]?([^\n\"'`]+?)[\"'`]?\s*$"),
    re.compile(r"(?m)^\s*[-*]?\s*[\"“](.+?)[\"”]\s*(?:->|=>|→|:)\s*[\"'`]?([^\n\"'`]+?)[\"'`]?\s*$"),
)


@dataclass(frozen=True, slots=True)
class Task:
    """A text to label, the possible labels, and labelled examples."""

    text: str
    labels: tuple[str, ...]
    abstaining: str | None
    """The label for a text that no other label fits. None: there is no such label."""
    examples: tuple[tuple[str, str], ...]


def find_classification_task(request: JSONObject) -> Task | None:
    """Return the task of a request that wants one label of a few. None: it wants something else."""
    messages = [(message["role"], text_of(message["content"])) for message in request["messages"]]
    if not messages or messages[-1][0] != "user" or not messages[-1][1]:
        return None
    said = messages[-1][1]
    fenced = _FENCED_TEXT.search(said)
    orders = f"{text_of(request.get('system') or '')}\n{_FENCED_TEXT.sub('', said)}"
    named = dict(_find_options(orders)) if _ONE_LABEL_WANTED.search(orders) else {}
    labels = _labels_of_schema(request) or tuple(named)
    if len(labels) < 2:
        return None
    examples = [(text, label) for text, label in _find_examples(orders, messages) if label in labels]
    abstaining = next(
        (label for label in labels if _ABSTAINING.search(f"{label} {_name_of(named.get(label, ''))}")), None
    )
    if not examples:
        examples = [(meaning, label) for label, meaning in named.items() if meaning and label != abstaining]
    text = _text_without_examples(said) if fenced is None else fenced[2]
    return Task(text, labels, abstaining, tuple(examples))


def _name_of(meaning: str) -> str:
    """Return the name that a meaning begins with: `other` of `other - anything else`. Empty: it is a longer text."""
    name = meaning.partition(" - ")[0]
    return name if len(name.split()) <= _MOST_WORDS_OF_A_NAME else ""


def _text_without_examples(said: str) -> str:
    for pattern in _EXAMPLES:
        said = pattern.sub("", said)
    return re.sub(rf"(?i)^\s*{_TEXT_FIELD}:|{_LABEL_FIELD}:\s*$", "", said).strip()


def classify(task: Task) -> Reply:
    """Return a reply with the label in the form that the request wants, or with the text that there is none."""
    label = vote_for_label(task.text, task.examples) or task.abstaining
    if label is None:
        return Reply.text(f"{CLASSIFIER_LABEL}: no label, the examples do not decide.")
    return Reply.output(label)


def vote_for_label(text: str, examples: tuple[tuple[str, str], ...]) -> str | None:
    """Return the label of the nearest examples. None: none is near enough, or the votes are nearly even."""
    index = Bm25[int](terms=word_grams, k1=1.0, b=0.6)
    for number, (example, _) in enumerate(examples):
        index.add(number, example)
    found = index.search(text, limit=len(examples))
    nearest = sorted(found, key=lambda hit: (-hit.score, examples[hit.id][1]))[:_MAX_VOTES]
    if not nearest or nearest[0].coverage < _MIN_SHARE:
        return None
    votes = {examples[hit.id][1]: 0.0 for hit in nearest}
    for hit in nearest:
        votes[examples[hit.id][1]] += hit.score / nearest[0].score
    (most, first), *others = sorted(((share, label) for label, share in votes.items()), reverse=True)
    return None if others and others[0][0] > 0.95 * most else first


def _labels_of_schema(request: JSONObject) -> tuple[str, ...]:
    """Return the values of an output schema that is one string of a few, or has one such property. Empty: no such."""
    if (form := output_schema(request)) is None:
        return ()
    part = resolve_reference(form, form)
    if len(properties := part.get("properties") or {}) == 1:
        part = resolve_reference(next(iter(properties.values())), form)
    values: list[JSON] = part.get("enum") or [choice.get("const") for choice in part.get("anyOf") or ()]
    return tuple(map(str, values)) if values and all(isinstance(value, str) for value in values) else ()


def _find_options(orders: str) -> Iterator[tuple[str, str]]:
    """Yield labels and their meanings: `A: spam`, `(B) not spam`, or a list after `one of:`."""
    found = _OPTION_LINE.findall(orders)
    found = found if len({letter for letter, _ in found}) > 1 else _OPTION.findall(orders)
    if len({letter for letter, _ in found}) > 1:
        yield from found
        return
    for listed in _LISTED.findall(orders):
        for word in re.split(r",|;|/|\bor\b|\|", listed):
            if label := word.strip(" \"'`()[]"):
                yield label, ""


def _find_examples(orders: str, messages: list[tuple[str, str]]) -> Iterator[tuple[str, str]]:
    for (role, text), (next_role, answer) in pairwise(messages):
        if (role, next_role) == ("user", "assistant"):
            yield re.sub(rf"(?i)^\s*{_TEXT_FIELD}:", "", text).strip(), _bare_label(answer)
    for pattern in _EXAMPLES:
        yield from ((text.strip(), label.strip()) for text, label in pattern.findall(orders))
    for line in re.findall(r"(?m)^\s*(\{.+\})\s*$", orders):
        value = parse_json_text(line)
        fields = {key.lower(): inner for key, inner in value.items()} if isinstance(value, dict) else {}
        example = next((fields[key] for key in fields if re.fullmatch(_TEXT_FIELD, key)), None)
        label = next((fields[key] for key in fields if re.fullmatch(_LABEL_FIELD, key)), None)
        if isinstance(example, str) and isinstance(label, str):
            yield example, label


def _bare_label(answer: str) -> str:
    """Return a label that stands alone, or is the only value of a JSON object."""
    value = parse_json_text(answer)
    inner = list(value.values()) if isinstance(value, dict) else []
    return str(inner[0]) if len(inner) == 1 else answer.strip().rstrip(".")
