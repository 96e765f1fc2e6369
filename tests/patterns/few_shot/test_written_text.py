from dataclasses import dataclass

from agentkit.patterns.few_shot.written_text import texts_of_output


@dataclass
class Chapter:
    title: str
    parts: list[dict[str, str | int]]


def test_the_texts_of_an_output_are_all_of_its_texts_and_no_names() -> None:
    assert texts_of_output("As it is") == "As it is"
    assert texts_of_output(Chapter("Tea", [{"name": "Water", "page": 3}])) == "Tea\nWater"
    assert texts_of_output(3) == ""
