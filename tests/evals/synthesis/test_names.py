"""Names are enough for the largest library, and none stands for two."""

from agentkit.evals.synthesis.names import captains, nicknames, ship_names


def test_no_name_comes_twice() -> None:
    every = [*ship_names(), *captains(), *nicknames()]
    assert len({*every}) == len(every)
    assert min(map(len, (ship_names(), captains(), nicknames()))) >= 600
