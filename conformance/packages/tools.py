"""An MCP server whose messages are events: the endpoint answers past its response, by ``request._send``, from another task."""

from __future__ import annotations

import anyio
from fastapi import FastAPI, Request, Response
from mcp import ClientSession
from mcp.client.sse import sse_client
from mcp.server.fastmcp import FastMCP
from mcp.server.sse import SseServerTransport

from conformance.packages.live import serve


def main() -> None:
    tools = FastMCP("woods")

    @tools.tool()
    def height(name: str) -> str:
        return f"{name} is tall"

    app = FastAPI()
    transport = SseServerTransport("/messages/")
    app.mount("/messages", app=transport.handle_post_message)

    @app.get("/sse")
    async def events(request: Request) -> Response:
        server = tools._mcp_server
        async with transport.connect_sse(request.scope, request.receive, request._send) as (reading, writing):
            await server.run(reading, writing, server.create_initialization_options())
        return Response()

    async def ask(address: str) -> None:
        async with sse_client(f"{address}/sse") as streams, ClientSession(*streams) as session:
            await session.initialize()
            assert [tool.name for tool in (await session.list_tools()).tools] == ["height"]
            answer = await session.call_tool("height", {"name": "yew"})
            assert "yew is tall" in str(answer.content)

    with serve(app) as address:
        anyio.run(ask, address)
