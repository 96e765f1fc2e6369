"""A mailbox with planted facts, and models of known error rates that are to find them.

Facts are of three kinds, who is who, what recurs, and what changed, worded by ten templates; each has a name or number
of its own, by which it is found again. They stand in threads with quoted replies and signatures, among threads of words
that say nothing.
"""

from __future__ import annotations

import json
import random
import re
import time
from collections.abc import Iterator
from dataclasses import dataclass, field

from agentkit.messages.message import JSONObject
from agentkit.testing import Reply

TEMPLATES = {
    "people": (
        "{name} is the {role} of {firm}.",
        "My {role} at {firm} is called {name}.",
        "Please meet {name}, who works for {firm} as {role}.",
        "The {role} of {firm} has a new name on the door: {name}.",
    ),
    "recurring": (
        "Every {period} I pay {amount} EUR to {firm} for the {thing}.",
        "The {thing} from {firm} costs me {amount} EUR a {period}, as always.",
        "On the first of each {period}, {firm} sends the {thing} and takes {amount} EUR.",
    ),
    "changes": (
        "From June on I buy {thing} from {firm} instead of {before}, for {amount} EUR.",
        "We left {before} and are with {firm} now; the {thing} costs {amount} EUR.",
        "{before} no longer brings the {thing}: {firm} does, and asks {amount} EUR.",
    ),
}
"""The templates by the section of a profile that they belong to."""
GOAL = "Who is who for Anna Adler, what does she pay or buy again and again, and what has changed?"
QUERIES = ["from:anna", "(pay or costs or buy or called or works) -subject:lantern", "from:anna after:tomorrow"]
"""What the scripted writer searches for; the last one cannot be parsed."""
BETTER_QUERIES = ["person:anna", QUERIES[1]]

_FIRST = "Ben Chloe Dmitri Eva Farid Greta Hugo Ines Jonas Kaya Liam Mia Noor Oskar Petra Quentin"
_STEMS = "Alder Birch Cedar Dorn Elm Fern Gorse Hazel Iris Juniper Kelp Larch Maple Nettle Oak Pine Quince Rowan"
_ROLES = "landlord dentist accountant plumber tutor baker notary florist"
_THINGS = "tea rent milk coal paper flour oil bread"
_NOISE = "lantern orchard winter bridge harbour copper violin market garden window engine letter"
_ANNA = "Anna Adler <anna@example.com>"
_SIGNATURE = "-- \nAnna Adler\nHarbour office, +49 30 1234\nanna@example.com"


@dataclass(frozen=True, slots=True)
class Fact:
    """A fact that stands in one message."""

    section: str
    sentence: str
    mark: str
    """A word that no other sentence has."""
    template: int
    """The place of its template among all ten."""


def plant_facts(count: int, seed: int = 1) -> list[Fact]:
    """Return facts, the templates in turn."""
    draw = random.Random(seed)  # noqa: S311 - mail, no secrets
    templates = [(section, template) for section, some in TEMPLATES.items() for template in some]
    facts: list[Fact] = []
    for number in range(count):
        section, template = templates[number % len(templates)]
        mark = f"{draw.choice(_STEMS.split())}{draw.choice(_STEMS.split()).lower()}{number}"
        sentence = template.format(
            name=f"{draw.choice(_FIRST.split())} {mark}",
            role=draw.choice(_ROLES.split()),
            firm=f"{draw.choice(_STEMS.split())} Ltd" if section == "people" else mark,
            period=draw.choice(["month", "week", "quarter"]),
            amount=draw.randrange(10, 900),
            thing=draw.choice(_THINGS.split()),
            before=f"{draw.choice(_STEMS.split())} Inc",
        )
        facts.append(Fact(section, sentence, mark, number % len(templates)))
    return facts


def planted_mailbox(facts: list[Fact], noise: int, seed: int = 1) -> bytes:
    """Return an mbox: a thread of three messages for each fact, which stands in the first, and threads without one."""
    draw = random.Random(seed)  # noqa: S311 - as above
    threads = [_thread(draw, number, fact) for number, fact in enumerate(facts)]
    threads += [_thread(draw, len(facts) + number, None) for number in range(noise)]
    draw.shuffle(threads)
    return b"".join(message.encode() for thread in threads for message in thread)


def _thread(draw: random.Random, number: int, fact: Fact | None) -> Iterator[str]:
    def words(count: int) -> str:
        return " ".join(draw.choices(_NOISE.split(), k=count)).capitalize() + "."

    other = f"{draw.choice(_FIRST.split())} Berg <berg{number % 7}@example.org>"
    said = f"Hello,\n\n{words(12)}\n{fact.sentence if fact else words(9)}\n{words(8)}"
    asked = f"Hello,\n\n{words(10)}"
    quoted = "\n".join(f"> {line}" for line in f"{said}\n\n{_SIGNATURE}".splitlines())
    first = f"<{number}.1@example.com>"
    start = 1_600_000_000 + number * 40_000
    author, reader = (_ANNA, other) if fact else (other, "Carl Costa <carl@example.net>")
    ending = _SIGNATURE if fact else ""
    subject = f"{'Notes' if fact else 'Lantern'} {number}"
    yield _message(author, reader, subject, start, f"Message-ID: {first}\n", f"{said}\n\n{ending}")
    answers = f"Message-ID: <{number}.2@example.com>\nIn-Reply-To: {first}\n"
    yield _message(
        reader, author, f"Re: {subject}", start + 900, answers, f"{asked}\n\nOn 1 Jan 2024, {author} wrote:\n{quoted}"
    )
    more = "\n".join(f"> {line}" for line in asked.splitlines())
    answers = f"Message-ID: <{number}.3@example.com>\nIn-Reply-To: <{number}.2@example.com>\n"
    yield _message(author, reader, f"Re: {subject}", start + 1_800, answers, f"{more}\n\n{words(6)}\n\n{ending}")


def _message(sender: str, to: str, subject: str, at: int, headers: str, text: str) -> str:
    date = time.strftime("%a, %d %b %Y %H:%M:%S +0000", time.gmtime(at))
    return (
        f"From x {time.asctime(time.gmtime(at))}\nFrom: {sender}\nTo: {to}\nSubject: {subject}\nDate: {date}\n{headers}"
        f"Content-Type: text/plain; charset=utf-8\n\n{text}\n\n"
    )


@dataclass
class ScriptedModels:
    """Answers every request of a funnel over a mailbox with planted facts, with errors at known rates."""

    facts: list[Fact]
    filter_misses: float = 0.0
    """The share of facts whose threads the filter takes for irrelevant."""
    reader_misses: float = 0.0
    """The share of facts that the reader passes over."""
    false_quotes: float = 0.0
    """The share of facts for which the reader reports, besides, a quote that no message holds."""
    unsupported: float = 0.0
    """The share of facts for which the writer writes, besides, an entry without evidence."""
    seed: int = 1
    requests: list[tuple[str, JSONObject]] = field(default_factory=list[tuple[str, JSONObject]])
    """All requests with their stages."""

    def errs(self, kind: str, share: float) -> list[Fact]:
        """Return the facts for which a kind of error is made."""
        return [fact for fact in self.facts if random.Random(f"{self.seed}{kind}{fact.mark}").random() < share]  # noqa: S311

    def __call__(self, request: JSONObject) -> Reply:
        """Answer a request."""
        names = set(request["output_config"]["format"]["schema"]["properties"])
        said = json.dumps(request["messages"], ensure_ascii=False)
        if names == {"queries"}:
            has_counts = QUERIES[0] in said or BETTER_QUERIES[0] in said
            stage, value = "queries", {"queries": BETTER_QUERIES if has_counts else QUERIES}
        elif "relevant" in names:
            stage, value = "filter", self._verdict(said)
        elif "evidence" in names:
            stage, value = "evidence", {"evidence": [*self._evidence(said)]}
        elif names == {"numbers"}:
            stage, value = "reduction", {"numbers": [*range(1, said.count("<evidence ") + 1)]}
        else:
            stage, value = "writing", self._section(said, names - {"evidence_numbers"})
        self.requests.append((stage, request))
        return Reply.output(value)

    def _verdict(self, said: str) -> JSONObject:
        missed = self.errs("filter", self.filter_misses)
        is_relevant = any(fact.sentence in said for fact in self.facts if fact not in missed)
        return {"relevant": is_relevant, "relevance": 0.9 if is_relevant else 0.1}

    def _evidence(self, said: str) -> Iterator[JSONObject]:
        missed, invented = self.errs("reader", self.reader_misses), self.errs("false", self.false_quotes)
        for fact in self.facts:
            if fact.sentence not in said:
                continue
            document = re.findall(r'"title": "(\w{16}): ', said[: said.rindex(fact.sentence) + 3_000])[0]
            one = {"claim": f"Anna: {fact.sentence}", "quote": fact.sentence, "document": document, "relevance": 0.9}
            if fact not in missed:
                yield one
            if fact in invented:
                yield {**one, "quote": f"{fact.mark} was not there at all"}

    def _section(self, said: str, names: set[str]) -> JSONObject:
        (name,) = names
        found = re.findall(r'<evidence number=\\"(\d+)\\".*?<claim>(.*?)</claim>', said)
        sections = {fact.sentence: fact.section for fact in self.facts}
        ours = [(number, claim) for number, claim in found if sections.get(claim.removeprefix("Anna: ")) == name]
        entries = [f"{claim.rstrip('.')} [{number}]." for number, claim in ours]
        claims = {claim for _, claim in ours}
        bare = [fact for fact in self.errs("writer", self.unsupported) if f"Anna: {fact.sentence}" in claims]
        entries += [f"Nobody says so, but {fact.mark} is kind" for fact in bare]
        return {name: entries if name != "summary" else "", "evidence_numbers": []}
