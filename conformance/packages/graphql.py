"""GraphQL: a router made from a class, with dependencies for its context, and subscriptions over a WebSocket."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import strawberry
from fastapi import Depends, FastAPI
from fastapi.testclient import TestClient
from strawberry.fastapi import GraphQLRouter


@strawberry.type
class Query:
    @strawberry.field
    def hello(self, info: strawberry.Info, name: str = "world") -> str:
        return f"{info.context['greeting']} {name}"


@strawberry.type
class Mutation:
    @strawberry.mutation
    def double(self, number: int) -> int:
        return 2 * number


@strawberry.type
class Subscription:
    @strawberry.subscription
    async def count(self, end: int) -> AsyncIterator[int]:
        for number in range(end):
            yield number


def greeting() -> str:
    return "Hello,"


async def context_of(greeting: str = Depends(greeting)) -> dict[str, Any]:
    return {"greeting": greeting}


def main() -> None:
    schema = strawberry.Schema(Query, mutation=Mutation, subscription=Subscription)
    app = FastAPI()
    app.include_router(GraphQLRouter(schema, context_getter=context_of), prefix="/graphql")

    with TestClient(app) as client:

        def ask(query: str) -> Any:
            return client.post("/graphql", json={"query": query}).json()

        assert ask("{ hello }") == {"data": {"hello": "Hello, world"}}
        assert ask("mutation { double(number: 21) }")["data"] == {"double": 42}
        assert ask("{ nothing }")["errors"][0]["message"].startswith("Cannot query field")
        assert (
            client.get("/graphql", params={"query": '{ hello(name: "Ada") }'}).json()["data"]["hello"] == "Hello, Ada"
        )
        page = client.get("/graphql", headers={"Accept": "text/html"})
        assert page.headers["content-type"].startswith("text/html")
        app.dependency_overrides[greeting] = lambda: "Hi,"
        assert ask("{ hello }") == {"data": {"hello": "Hi, world"}}

        with client.websocket_connect("/graphql", subprotocols=["graphql-transport-ws"]) as socket:
            socket.send_json({"type": "connection_init"})
            assert socket.receive_json() == {"type": "connection_ack"}
            query = "subscription { count(end: 3) }"
            socket.send_json({"id": "1", "type": "subscribe", "payload": {"query": query}})
            counted = [socket.receive_json() for _ in range(4)]
        assert [each["payload"]["data"]["count"] for each in counted[:3]] == [0, 1, 2]
        assert counted[3] == {"id": "1", "type": "complete"}
