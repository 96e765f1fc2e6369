"""Print the ratings of battles: over all, by category, and the bias of the judge towards what is shown first."""

from __future__ import annotations

import math
import sys
from typing import TYPE_CHECKING

from agentkit.cli.terminal.exit_codes import CommandError, ExitCode
from agentkit.cli.terminal.printing import print_message
from agentkit.cli.terminal.text import terminal_width
from agentkit.messages.printable import plural
from agentkit.messages.wrapping import wrap_text

if TYPE_CHECKING:
    from argparse import Namespace
    from collections.abc import Mapping, Sequence

    from agentkit.evals.arena import Battle, PositionBias, Rating, Ratings
    from agentkit.messages.message import JSONObject


def print_ratings(args: Namespace, battles: Sequence[Battle], judgements: Sequence[Battle]) -> ExitCode:
    """Print the ratings of some battles.

    Args:
        args: The command line.
        battles: The battles.
        judgements: The judge's single judgements, each with what was shown first as a. Empty: those are not known, and
            nothing is said about the judge.
    """
    from agentkit.cli.terminal.watching import print_json_line
    from agentkit.evals.arena import DisconnectedBattles, bradley_terry, position_bias, ratings_by_category

    try:
        ratings = bradley_terry(battles, ties=args.ties)
    except DisconnectedBattles as error:
        raise CommandError(str(error), ExitCode.FAILED) from None
    except ValueError as error:
        raise CommandError(str(error)) from None
    has_categories = len({battle.category for battle in battles}) > 1
    categories = ratings_by_category(battles, ties=args.ties) if has_categories else {}
    rated = {name: one for name, one in categories.items() if not isinstance(one, DisconnectedBattles)}
    bias = position_bias(judgements) if judgements else None
    if args.json:
        print_json_line(_to_json(battles, ratings, rated, bias))
    else:
        _print_table(battles, ratings, rated)
        print(*([f"judge: {bias}"] if bias is not None else []), sep="\n", end="\n" if bias is not None else "")
    for note in [*ratings.notes, *(f"{name}: {one}" for name, one in categories.items() if name not in rated)]:
        print_message(f"agentkit: {note}")
    return ExitCode.OK


def _print_table(battles: Sequence[Battle], ratings: Ratings, categories: Mapping[str, Ratings]) -> None:
    from agentkit.evals.reports.text_tables import text_table

    width = terminal_width(sys.stdout)
    counts = {name: sum(name in (battle.a, battle.b) for battle in battles) for name in ratings}
    title = f"{plural(len(battles), 'battle')}; ratings in logits, with intervals of 95%"
    print(wrap_text(title, width), end="\n\n")
    rows = [[name, _text(one), f"{counts[name]:,}"] for name, one in ratings.items()]
    print(*text_table(["name", "rating", "battles"], rows, width), sep="\n")
    if categories:
        heads = ["name", *categories]
        rows = [[name, *(_text(own[name]) if name in own else "-" for own in categories.values())] for name in ratings]
        print("", *text_table(heads, rows, width), sep="\n")
    sys.stdout.flush()


def _text(one: Rating) -> str:
    low, high = ("open" if math.isinf(end) else f"{end:+.2f}" for end in (one.low, one.high))
    return f"{one.strength:+.2f} ({low} to {high})"


def _to_json(
    battles: Sequence[Battle], ratings: Ratings, categories: Mapping[str, Ratings], bias: PositionBias | None
) -> JSONObject:
    return {
        "type": "ratings",
        "battles": len(battles),
        "ratings": {name: _numbers(one) for name, one in ratings.items()},
        "categories": {name: {of: _numbers(one) for of, one in own.items()} for name, own in categories.items()},
        "notes": list(ratings.notes),
        "position_bias": None if bias is None else _numbers(bias.advantage),
    }


def _numbers(one: Rating) -> list[float | None]:
    return [one.strength, *(None if math.isinf(end) else end for end in (one.low, one.high))]
