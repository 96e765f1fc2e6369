"""A seed draws what is around the story, and never touches the story itself."""

from __future__ import annotations

from agentkit.evals.office.generation import generate
from agentkit.evals.office.story import story
from agentkit.evals.office.world import Failure


def test_the_same_seed_makes_the_same_world_of_its_own() -> None:
    failures = (Failure(tool="send_mail", text="Try again."),)
    one, other = generate("1", failures), generate("1", failures)
    assert one == other != generate("2", failures)
    one.failures[0].left = 0
    one.sheets["it/laptops.sheet"]["B2"] = "nobody"
    assert other == generate("1", failures)


def test_the_story_stands_in_every_world() -> None:
    plain = story()
    for seed in map(str, range(5)):
        office = generate(seed)
        assert {person.email for person in plain.people} < {person.email for person in office.people}
        assert len({person.name.split()[0] for person in office.people}) == len(office.people) - 1, (
            "one name is there twice"
        )
        assert plain.mails.items() < office.mails.items()
        assert plain.events.items() < office.events.items()
        assert plain.files.items() < office.files.items()
        assert (plain.sheets, plain.shares) == (office.sheets, office.shares)
        days = {event.start[:10] for number, event in office.events.items() if number not in plain.events}
        assert not days & {event.start[:10] for event in plain.events.values()}
