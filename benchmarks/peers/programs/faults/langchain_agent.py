"""langchain: `create_agent` and `ainvoke`, `astream` for the faults of streams."""

from langchain.agents import create_agent
from shop import INSTRUCTIONS, IS_STREAMED, MODEL, QUESTION, SERVER_TOOLS, TOOLS, Ended, report

agent = create_agent(f"anthropic:{MODEL}", [*TOOLS, *SERVER_TOOLS], system_prompt=INSTRUCTIONS)
ASKED = {"messages": [{"role": "user", "content": QUESTION}]}


async def ask() -> Ended:
    """Hold the conversation."""
    if IS_STREAMED:
        state = {}
        async for mode, part in agent.astream(ASKED, stream_mode=["messages", "values"]):
            state = part if mode == "values" else state
    else:
        state = await agent.ainvoke(ASKED)
    last = state["messages"][-1]
    return Ended(last.text, str(last.response_metadata.get("stop_reason")))


report(ask)
