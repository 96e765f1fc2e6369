"""Each fact can be said in many ways, and what happened shares its words with what did not."""

import re

from agentkit.evals.synthesis.facts import INCIDENTS
from agentkit.evals.synthesis.phrases import ARRIVALS, BUILT_AGAIN, DID_NOT_HAPPEN, HAPPENED, REGISTRATIONS


def test_there_are_many_ways_to_say_it() -> None:
    for phrases in (ARRIVALS, BUILT_AGAIN, REGISTRATIONS, *HAPPENED.values(), *DID_NOT_HAPPEN.values()):
        assert len({*phrases}) == len(phrases) >= 5


def test_no_word_tells_what_happened_from_what_did_not() -> None:
    for kind in INCIDENTS:
        words, others = (
            [{*re.findall(r"\w{4,}", phrase.lower())} for phrase in phrases]
            for phrases in (HAPPENED[kind], DID_NOT_HAPPEN[kind])
        )
        in_all = [word for word in set[str]().union(*words) if all(word in some for some in words)]
        assert in_all == []  # no word finds all of them
        shared = set[str]().union(*words) & set[str]().union(*others)
        assert len(shared) >= 8
