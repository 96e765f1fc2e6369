"""Which answers say only where the answer is, and which say something."""

import pytest

from agentkit.agents.output_checks import is_pointer_only


@pytest.mark.parametrize(
    "text",
    [
        "As I said above.",
        "**See above**",
        "(see above)",
        "Same as above",
        "As mentioned earlier.",
        "As I said above, see my previous message.",
        "As stated above: nothing to add.",
        "As described in my earlier reply.",
        "I have already provided the answer above.",
        "I\u2019ve already given the answer.",
        "I already answered that above.",
        "I gave you the full report earlier.",
        "My answer is given above.",
        "The report is above.",
        "The answer is in my previous message.",
        "The findings were listed earlier.",
        "Please refer to my previous response.",
        "Please see my earlier answer.",
        "Done, see above.",
        "Done. Please see the summary above. Let me know if you need anything else!",
    ],
)
def test_an_answer_that_only_points_is_seen(text: str) -> None:
    assert is_pointer_only(text)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "Done.",
        "No.",
        "42",
        "Nothing was found.",
        "Yes, as I said above.",
        "4.5 EUR (see above)",
        "As mentioned earlier, tea costs 4 EUR.",
        "As noted in the report, sales grew.",
        "See above the door: a red sign.",
        "See page 12 above the fold.",
        "The shelf above holds tea.",
        "The results are positive.",
        "The list is empty",
        "I checked the list; it is empty.",
        "The message was sent earlier today",
        "Sorry, I could not find it.",
        "See above. " + "Tea was first drunk in China. " * 20 + "As I said above.",
    ],
)
def test_an_answer_that_says_something_is_left_alone(text: str) -> None:
    assert not is_pointer_only(text)
