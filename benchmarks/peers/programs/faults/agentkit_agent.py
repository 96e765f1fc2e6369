"""agentkit: `Agent.run`, and `Agent.stream` for the faults of streams."""

from shop import INSTRUCTIONS, IS_STREAMED, MODEL, QUESTION, SERVER_TOOLS, TOOLS, Ended, report

from agentkit import Agent, tool

tools = [*(tool(function) for function in TOOLS), *SERVER_TOOLS]
agent = Agent("shop", model=MODEL, instructions=INSTRUCTIONS, tools=tools)


async def ask() -> Ended:
    """Hold the conversation."""
    if IS_STREAMED:
        async with agent.stream(QUESTION) as run:
            async for _ in run:
                pass
        result = run.result
    else:
        result = await agent.run(QUESTION)
    return Ended(result.output if result.ok else "", result.outcome, is_success=result.ok, text=result.reason)


report(ask)
