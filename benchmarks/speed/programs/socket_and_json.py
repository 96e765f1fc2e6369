"""The minimum for every program: bytes over a socket and JSON, nothing else."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from urllib.parse import urlsplit

from benchmarks.speed.measuring import INSTRUCTIONS, MAX_TOKENS, MODEL, PROMPT, Program, look, serve_orders

Json = dict[str, object]
Connection = tuple[asyncio.StreamReader, asyncio.StreamWriter]


async def body_of(reader: asyncio.StreamReader) -> bytes:
    """Read the body of a response."""
    head = (await reader.readuntil(b"\r\n\r\n")).lower()
    if b"transfer-encoding: chunked" not in head:
        return await reader.readexactly(int(head.partition(b"content-length: ")[2].partition(b"\r\n")[0]))
    body = b""
    while size := int(await reader.readline(), 16):
        body += await reader.readexactly(size)
        await reader.readexactly(2)
    await reader.readexactly(2)
    return body


def content_of(body: bytes) -> list[Json]:
    """Return the content of a streamed message."""
    content: list[Json] = []
    pieces: dict[int, list[str]] = {}
    for line in body.split(b"\n"):
        if not line.startswith(b"data: "):
            continue
        event = json.loads(line[6:])
        match event["type"]:
            case "content_block_start":
                content.append(event["content_block"])
            case "content_block_delta":
                delta = event["delta"]
                pieces.setdefault(event["index"], []).append(delta.get("text") or delta.get("partial_json"))
            case "content_block_stop":
                block, text = content[event["index"]], "".join(pieces[event["index"]])
                block.update({"text": text} if block["type"] == "text" else {"input": json.loads(text)})
    return content


@asynccontextmanager
async def opened(base_url: str, is_streamed: bool, turns: int) -> AsyncIterator[Program]:
    """See `Open`."""
    url = urlsplit(base_url)
    free: list[Connection] = []

    async def converse() -> list[Json]:
        connection = free.pop() if free else await asyncio.open_connection(url.hostname, url.port)
        reader, writer = connection
        messages: list[Json] = [{"role": "user", "content": PROMPT}]
        while True:
            request = {"model": MODEL, "max_tokens": MAX_TOKENS, "system": INSTRUCTIONS, "messages": messages}
            body = json.dumps({**request, "stream": is_streamed}).encode()
            head = f"POST {url.path}/v1/messages HTTP/1.1\r\nhost: {url.netloc}\r\ncontent-length: {len(body)}\r\n\r\n"
            writer.write(head.encode() + body)
            reply = await body_of(reader)
            content = content_of(reply) if is_streamed else json.loads(reply)["content"]
            messages.append({"role": "assistant", "content": content})
            calls = [block for block in content if block["type"] == "tool_use"]
            if not calls:
                free.append(connection)
                return content
            results = await asyncio.gather(*(look(**call["input"]) for call in calls))
            blocks = [
                {"type": "tool_result", "tool_use_id": call["id"], "content": result}
                for call, result in zip(calls, results, strict=True)
            ]
            messages.append({"role": "user", "content": blocks})

    yield Program(converse)
    for _, writer in free:
        writer.close()


if __name__ == "__main__":
    serve_orders(opened)
