"""Failures and problems on the page: as many transcripts as it has room for."""

from __future__ import annotations

from agentkit.evals.reports.failure_section import failures_section, problems_section
from tests.evals.reports.evaluations import HOSTILE, evaluation, messages, problem, trial


def test_large_evaluations_make_no_large_page() -> None:
    big = tuple(
        trial("good", f"task {task}", number, passed=False, transcript=messages("z" * 500_000), output="o" * 1_000_000)
        for task in range(400)
        for number in range(3)
    )
    page = "".join(failures_section(evaluation({"good": [0] * 400}, tries=3, trials=big), {}))
    assert len(page) < 4_000_000
    assert "more tasks with failures left out" in page
    assert ">transcript<" in page


def test_problems_are_counted_by_their_reason() -> None:
    page = "".join(problems_section([problem(), problem(task="task 1"), problem("fair")]))
    assert page.count("<tr>") == 3
    assert "<td>2</td>" in page
    assert "task 0, task 1" in page
    assert "&lt;script&gt;" in page
    assert HOSTILE not in page


def test_an_output_of_any_type_is_shown() -> None:
    failed = (trial("good", "task 0", 1, passed=False, output=object()),)
    assert "&lt;object&gt;" in "".join(failures_section(evaluation({"good": [0]}, trials=failed), {}))
