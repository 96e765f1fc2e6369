"""Values are compared as JSON, whatever holds them, and true is not 1."""

from agentkit.evals.graders.json_differences import json_differences


def test_equal_values_have_no_differences() -> None:
    assert json_differences({"a": 1, "b": (2, 3)}, {"b": [2, 3.0], "a": 1}) == []


def test_places_are_named() -> None:
    assert json_differences({"a": [1, {"b": 2}]}, {"a": [1, {"b": 3}]}) == ["a.1.b: expected 2, found 3"]
    assert json_differences([1], [1, 2]) == ["the value: expected [1], found [1,2]"]
    rows = [{"title": f"row {n}"} for n in range(9)]
    (of_long,) = json_differences({"rows": rows}, {"rows": rows[:-1]})
    assert '"title":"row 8"}], found ...' in of_long, "it shows where the two differ, not how they begin alike"
    assert json_differences(1, True) == ["the value: expected 1, found true"]
