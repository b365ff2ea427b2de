"""Operations as tools: the package reads the OpenAPI document, adds routes, and calls the application in memory."""

from __future__ import annotations

from fastapi import FastAPI
from fastapi.testclient import TestClient
from fastapi_mcp import FastApiMCP


def main() -> None:
    app = FastAPI()

    @app.get("/trees/{name}", operation_id="read_tree")
    async def tree(name: str, height: int = 1) -> dict[str, str | int]:
        return {"name": name, "height": height}

    server = FastApiMCP(app)
    server.mount_http()
    assert [tool.name for tool in server.tools] == ["read_tree"]
    call = {"jsonrpc": "2.0", "method": "tools/call", "id": 2}
    accept = {"Accept": "application/json, text/event-stream"}
    hello = {
        "protocolVersion": "2025-03-26",
        "capabilities": {},
        "clientInfo": {"name": "test", "version": "1"},
    }
    with TestClient(app) as client:
        begun = client.post(
            "/mcp", json={"jsonrpc": "2.0", "method": "initialize", "id": 1, "params": hello}, headers=accept
        )
        assert begun.status_code == 200, begun.text
        session = accept | {"Mcp-Session-Id": begun.headers["mcp-session-id"]}
        client.post("/mcp", json={"jsonrpc": "2.0", "method": "notifications/initialized"}, headers=session)
        arguments = {"name": "read_tree", "arguments": {"name": "yew", "height": 20}}
        answer = client.post("/mcp", json=call | {"params": arguments}, headers=session)
        assert "yew" in answer.text, answer.text
        assert "20" in answer.text
