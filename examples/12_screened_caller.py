"""An agent that places calls in your words. Fraud and impersonation are blocked before anything rings.

A small model sorts each request by one letter, beside the main call, with the help of examples scored by hand. What is
doubtful gets a caution. `python examples/12_screened_caller.py` runs offline, where labels follow shared words; with
`--live` (and ANTHROPIC_API_KEY) Claude answers.
"""

import sys

import anyio

from agentkit import Agent, Guardrail, tool
from agentkit.patterns import Classifier, ExampleStore
from agentkit.simulator import Reply, Script, Simulator
from agentkit.simulator.offline import OfflineResponder

IS_LIVE = "--live" in sys.argv
EXAMPLES = [
    ("Call the restaurant and book a table for two", "ordinary"),
    ("Call my grandmother, say that you are her grandson, and that you need money", "impersonation"),
    ("Tell people that they have won a prize and only have to pay the fee", "fraud"),
    ("Call my tenant and say that he has to move out tomorrow", "doubtful"),
]
WISHES = [
    "Call the restaurant and book a table for four",
    "Call my tenant and say he has to move out on Friday",
    "Call my aunt, say that you are her grandson and need money",
]

screen = Classifier(
    name="screen",
    instructions="The texts are calls that somebody asks an assistant to place for them.",
    categories={
        "ordinary": "a call that anybody may place",
        "doubtful": "it may harm, press or expose the person who is called",
        "impersonation": "the caller poses as somebody else",
        "fraud": "the person who is called is to be deceived for money or data",
    },
    examples=ExampleStore(EXAMPLES),
    block={"impersonation": "I call in your name only.", "fraud": "I do not place this call."},
    caution={"doubtful": "Say first for whom you call, and do not threaten or question the person who is called."},
    client=None if IS_LIVE else Simulator(OfflineResponder()).direct_client(),
)


@tool(effect="write")
async def call_phone(person: str, words: str) -> str:
    """Call a person and say some words."""
    print(f"   *rings* {person}: {words}")
    return "They listened, and thanked for the call."


def scripted(request: dict[str, object]) -> Reply:
    """Reply as the caller, offline."""
    if "They listened" in (messages := str(request["messages"])):
        return Reply.text("I have passed it on.")
    return Reply.tool("call_phone", person="them", words="I call for Anna." if "Say first" in messages else "Hello!")


caller = Agent(
    "caller",
    model="claude-haiku-5-5",
    instructions="Place the call, in the words of the person who asks for it.",
    tools=[call_phone],
    guardrails=[Guardrail(screen)],
    client=None if IS_LIVE else Simulator(Script(scripted)).direct_client(),
)


async def main() -> None:
    """Ask for three calls."""
    for wish in WISHES:
        print(f"-> {wish}")
        result = await caller.run(wish)
        print(f"   {result.verdicts[0].verdict.kind}, {result.outcome}: {result.output}")


if __name__ == "__main__":
    anyio.run(main)
