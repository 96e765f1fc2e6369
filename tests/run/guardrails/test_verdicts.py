"""Verdicts: which is the strictest, and their form as JSON."""

from __future__ import annotations

from dataclasses import dataclass

import pytest

from agentkit import Block, Caution, Pass, UsageError, Verdict, VerdictRecord
from agentkit.run.guardrails.verdicts import strictest, verdict_from_json, verdict_to_json


@dataclass
class Answer:
    text: str


def record(verdict: Verdict) -> VerdictRecord:
    return VerdictRecord(guardrail="g", on="input", agent="a", verdict=verdict, latency_s=0.0)


def test_the_strictest_counts_and_cautions_are_joined() -> None:
    assert strictest([]) == Pass()
    assert strictest([record(one) for one in (Pass(), Caution("Ask."), Pass(), Caution("Wait."), Caution("Ask."))]) == (
        Caution("Ask.\nWait.")
    )
    assert strictest([record(one) for one in (Caution("Ask."), Block("Fraud."), Pass())]) == Block("Fraud.")


@pytest.mark.parametrize("verdict", [Pass(), Caution("Ask."), Block("Fraud."), Block("Fraud.", "No.", keep=True)])
def test_a_verdict_comes_back_from_json(verdict: Verdict) -> None:
    assert verdict_from_json(verdict_to_json(verdict)) == verdict


def test_a_reply_of_another_type_comes_back_as_json() -> None:
    assert verdict_from_json(verdict_to_json(Block("Fraud.", Answer("No.")))) == Block("Fraud.", {"text": "No."})


def test_a_verdict_without_words_is_refused() -> None:
    with pytest.raises(UsageError, match="note"):
        Caution(" ")
    with pytest.raises(UsageError, match="reason"):
        Block(None)  # type: ignore[arg-type]
