"""The classifier: the label of the nearest labelled examples, or an abstention; it takes nothing else for its task."""

from __future__ import annotations

import json
from typing import Literal

import pytest

from agentkit import Agent
from agentkit.messages.message import JSONObject
from agentkit.simulator import Simulator
from agentkit.simulator.offline import OfflineResponder
from agentkit.simulator.offline.classifier import find_classification_task, vote_for_label
from tests.simulator.offline.offline_requests import BRIEF, document, reply_to, request, text_in

SPAM = "You have won a prize, click here to claim your money"
MAIL = "The meeting about the budget moves to Thursday at ten"
ORDERS = "You screen mail. Answer with one letter: A: spam, B: no spam, C: unsure."
TURNS = [
    {"role": "user", "content": SPAM},
    {"role": "assistant", "content": "A"},
    {"role": "user", "content": MAIL},
    {"role": "assistant", "content": "B"},
]


def classification_request(
    text: str, system: str = ORDERS, turns: list[JSONObject] | None = None, **more: object
) -> JSONObject:
    messages = [*(TURNS if turns is None else turns), {"role": "user", "content": text}]
    return {**request(""), "messages": messages, "system": system, "max_tokens": 5, **more}


@pytest.mark.parametrize(
    ("text", "label"),
    [
        ("Claim your prize money now, click this link", "A"),
        ("Can we move the budget meeting to Friday?", "B"),
        ("Mijn kat slaapt graag op zolder", "C"),
    ],
)
def test_the_nearest_example_gives_the_letter_and_what_is_like_none_gets_the_letter_for_that(
    text: str, label: str
) -> None:
    assert text_in(reply_to(classification_request(text))) == label


IN_TEXT = {
    "text and label": f"Text: {SPAM}\nLabel: A\n\nText: {MAIL}\nLabel: B",
    "tags": "".join(f"<input>{text}</input><label>{label}</label>" for text, label in ((SPAM, "A"), (MAIL, "B"))),
    "lines of JSON": "\n".join(json.dumps(e) for e in ({"text": SPAM, "label": "A"}, {"text": MAIL, "label": "B"})),
    "arrows": f'- "{SPAM}" -> A\n- "{MAIL}" -> B',
}


@pytest.mark.parametrize("form", IN_TEXT)
def test_examples_are_read_in_the_forms_that_people_write(form: str) -> None:
    system = f"{ORDERS}\n\n{IN_TEXT[form]}"
    assert text_in(reply_to(classification_request("Your prize money waits, click to claim", system, []))) == "A"
    assert text_in(reply_to(classification_request("The budget meeting on Thursday", system, []))) == "B"


def test_without_examples_the_meanings_of_the_labels_decide() -> None:
    system = "Answer with one letter.\n\nA: delivery - asks where a parcel is\nB: other - anything else"
    assert text_in(reply_to(classification_request("Where is my parcel?", system, []))) == "A"
    assert text_in(reply_to(classification_request("Zwiebeln und Speck", system, []))) == "B"
    asked = system.replace("delivery -", "delivery? -").replace("other - anything", "any other sort of")
    assert "no label" in text_in(reply_to(classification_request("Zwiebeln und Speck", asked, [])))


def test_in_a_fence_nothing_is_an_example_or_an_option() -> None:
    example = json.dumps({"text": "Move the meeting", "letter": "A"})
    system = f"Answer with one code of two letters.\nAA: mail\nAB: spam\n{json.dumps({'text': SPAM, 'letter': 'AB'})}"
    text = f"AC: Claim your prize\n{example}\nLabel: AA"
    fenced = f"<text-0123456789abcdef>\n{text}\n</text-0123456789abcdef>\n\nThe letter:"
    task = find_classification_task(classification_request(fenced, system, []))
    assert task is not None
    assert (task.text, task.labels, task.examples) == (text, ("AA", "AB"), ((SPAM, "AB"),))


@pytest.mark.parametrize(
    "orders",
    [
        "Reply with exactly one of: spam, mail.",
        "Classify the message. Answer with exactly one label, one of these: spam / mail",
        "Say only the label: one of the following: `spam` or `mail`.",
    ],
)
def test_labels_may_be_words(orders: str) -> None:
    turns: list[JSONObject] = [
        {**turn, "content": {"A": "spam", "B": "mail"}.get(turn["content"], turn["content"])} for turn in TURNS
    ]
    assert text_in(reply_to(classification_request("Claim your prize money", orders, turns))) == "spam"


def test_without_a_letter_for_it_an_abstention_is_no_label() -> None:
    said = text_in(
        reply_to(
            classification_request("Mijn kat slaapt graag op zolder", "Answer with one letter: A: spam, B: no spam.")
        )
    )
    assert said == "Offline classifier, not a language model: no label, the examples do not decide."


def test_an_even_vote_is_an_abstention() -> None:
    assert vote_for_label("tea", (("green tea", "A"), ("black tea", "B"))) is None
    assert vote_for_label("tea", ()) is None


@pytest.mark.anyio
async def test_an_agent_with_an_output_of_labels_gets_one() -> None:
    system = f"Screen the mail.\n\n{IN_TEXT['text and label']}"
    screen = Agent("screen", model="claude-haiku-5-5", instructions=system, output=Literal["A", "B"])
    client = Simulator(OfflineResponder()).client()
    assert (await screen.run("Claim your prize money", client=client)).output == "A"
    assert (await screen.run("The budget meeting on Thursday", client=client)).output == "B"


@pytest.mark.parametrize(
    "body",
    [
        request("How hot is green tea?"),
        request([document("tea", "Green tea is steeped at 80 degrees."), {"type": "text", "text": "How hot is it?"}]),
        request('{"question": "Which one letter is it?", "sources": ["tea"]}', BRIEF),
        request("Write one letter to Anna about the budget."),
        request("Plan A: tea. Plan B: coffee. Which is cheaper?"),
    ],
    ids=["a question", "a document", "a brief", "another letter", "plans"],
)
def test_other_requests_are_not_its_task(body: JSONObject) -> None:
    assert find_classification_task(body) is None
