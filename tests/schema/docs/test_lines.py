"""The lines of docstrings: prose flows, everything else keeps its lines."""

import pytest

from agentkit.schema.docs.lines import end_of_block, end_of_fence, entry_blocks, flow


@pytest.mark.parametrize(
    ("lines", "text"),
    [
        (["The key", "    of the rows.", "", "    Not more."], "The key of the rows.\n\nNot more."),
        (["The key:", "    - name", "    - age"], "The key:\n- name\n- age"),
        (
            ["Code:", "    ```", "    if x:", "        y", "    ```", "    and so on"],
            "Code:\n```\nif x:\n    y\n```\nand so on",
        ),
        (["Code::", "", "        x = 1", "            y", "    Prose"], "Code::\n\n    x = 1\n        y\nProse"),
        (["", "    On its", "    own."], "On its own."),
    ],
)
def test_prose_flows_and_structure_stays(lines: list[str], text: str) -> None:
    assert flow(lines) == text


def test_a_fence_ends_with_its_like() -> None:
    assert end_of_fence(["````", "```", "````", "x"], 0) == 3
    assert end_of_fence(["```", "never closed"], 0) == 0
    assert end_of_fence(["x"], 0) == 0


def test_a_block_has_what_is_indented_below_it() -> None:
    assert end_of_block([":param x: a", "    b", "", "    c", "", "d"], 0) == 4
    assert end_of_block([":param x: a"], 0) == 1


def test_entries_begin_at_the_left_margin() -> None:
    assert list(entry_blocks(["  a", "    more", "", "  b", "  ```", "  a", "  ```"])) == [
        ["  a", "    more", ""],
        ["  b"],
        ["  ```", "  a", "  ```"],
    ]
