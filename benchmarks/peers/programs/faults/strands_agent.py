"""strands: `Agent.invoke_async`. It always streams."""

from shop import INSTRUCTIONS, MODEL, QUESTION, SERVER_TOOLS, TOOLS, Ended, report
from strands import Agent, tool
from strands.models.anthropic import AnthropicModel

model = AnthropicModel(model_id=MODEL, max_tokens=4_096, **({"anthropic_tools": SERVER_TOOLS} if SERVER_TOOLS else {}))
tools = [tool(function) for function in TOOLS]
agent = Agent(model=model, tools=tools, system_prompt=INSTRUCTIONS, callback_handler=None)


async def ask() -> Ended:
    """Hold the conversation."""
    result = await agent.invoke_async(QUESTION)
    return Ended(str(result), str(result.stop_reason))


report(ask)
