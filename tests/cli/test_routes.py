"""``hanok routes``."""

from __future__ import annotations

import json
from typing import Any

import pytest

API = """
import functools
from hanok.routing.api_router import APIRouter
from hanok.routing.mount import Host, Mount
from hanok.routing.plain import Route
from hanok.routing.router import Router

users = APIRouter(prefix="/users", tags=["users"])

@users.get("/{user_id}")
async def read_user(user_id: int): ...

@users.api_route("/", methods=["PUT", "POST"], name="save")
def save_user(): ...

@users.websocket("/{user_id}/events")
async def events(websocket, user_id: int): ...

async def ping(request): ...

async def files(scope, receive, send): ...

app = APIRouter()
app.include_router(users, prefix="/api", tags=["v1"])
app.mount("/old", Router([Route("/ping", ping), Route("/part", functools.partial(ping))]), name="old")
app.mount("/static", files, name="static")
app.host("{sub}.example.org", files, name="sub")

empty = APIRouter()

def make():
    return app
"""


@pytest.fixture
def listed(project: Any, hanok: Any) -> list[dict[str, Any]]:
    project(**{"api.py": API})
    command = hanok("routes", "api:app", "--json")
    assert command.ends() == 0
    rows: list[dict[str, Any]] = json.loads(command.text)
    return rows


def test_json_has_every_route_with_what_including_has_added(listed: Any) -> None:
    line = API[: API.index("async def read_user")].count("\n")
    assert listed[0] == {
        "kind": "http",
        "methods": ["GET"],
        "path": "/api/users/{user_id}",
        "name": "read_user",
        "endpoint": "api.read_user",
        "file": "api.py",
        "line": line,  # of its decorator
        "tags": ["v1", "users"],
    }
    assert listed[1]["methods"] == ["POST", "PUT"]
    assert listed[1]["name"] == "save"


def test_websockets_mounts_and_hosts_are_listed_too(listed: Any) -> None:
    found = [(row["kind"], row["path"], row["endpoint"]) for row in listed[2:]]
    assert found == [
        ("websocket", "/api/users/{user_id}/events", "api.events"),
        ("mount", "/old", "hanok.routing.router.Router"),
        ("http", "/old/ping", "api.ping"),
        ("http", "/old/part", "api.ping"),
        ("mount", "/static", "api.files"),
        ("host", "{sub}.example.org", "api.files"),
    ]


def test_the_table_shows_where_each_endpoint_is_written(project: Any, hanok: Any) -> None:
    project(**{"api.py": API})
    command = hanok("routes", "api:app")
    assert command.ends() == 0
    for pattern in (
        r"GET +/api/users/\{user_id\} +read_user +api\.py:\d+ +v1, users",
        r"WS +/api/users/\{user_id\}/events",
        r"mount +/old",
        r"GET +/old/ping",
        "4 routes, 1 websocket, 2 mounts, 1 host",
    ):
        command.wait_for(pattern)


def test_a_factory_makes_the_application(project: Any, hanok: Any) -> None:
    project(**{"api.py": API})
    command = hanok("routes", "api:make", "--factory")
    assert command.ends() == 0
    assert "4 routes" in command.text


def test_an_application_without_routes_is_told(project: Any, hanok: Any) -> None:
    project(**{"api.py": API})
    command = hanok("routes", "api:empty")
    assert command.ends() == 0
    assert "api:empty has no routes" in command.text
