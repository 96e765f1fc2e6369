"""Descriptions of packages."""

import pytest

from agentkit_tools.package_metadata import read_description
from agentkit_tools.unreadable import NotReadable


def test_a_description_stands_below_the_headers_or_in_one() -> None:
    assert read_description("Name: Tea_Pot\nVersion: 1.2\n\n# Tea pot\n") == ("tea-pot", "Tea_Pot 1.2", "# Tea pot\n")
    old = "Name: pot\nVersion: 1\nDescription: A pot\n        ===\n        Pours.\n"
    assert read_description(old)[2].startswith("A pot\n===\nPours.")
    with pytest.raises(NotReadable, match="without a description"):
        read_description("Name: x\nVersion: 1\n")
