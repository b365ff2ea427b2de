import asyncio
import json
from types import SimpleNamespace

import pytest

from hanok.gateways import NativeApp
from hanok.observe.admin import Admin
from hanok.observe.board import Board
from hanok.observe.counters import Counters
from hanok.testing import TestClient


class App(NativeApp):
    def __init__(self, admin):
        self.admin = admin

    async def handle(self, exchange):
        await self.admin.handle(exchange)


@pytest.fixture
def board():
    board = Board(4)
    yield board
    board.close()


@pytest.fixture
def counters(board):
    return Counters(board, 1, lambda: 100.0, lambda: (5, 2))


@pytest.fixture
def draining():
    return []


@pytest.fixture
def client(board, counters, draining):
    return TestClient(App(Admin(board, counters, lambda: bool(draining))))


def answer(counters, **more):
    route = SimpleNamespace(path="/items/{id}")
    told = {"method": "GET", "route": route, "status": 200, "started": 99.997, "sent": 10}
    counters.answered(SimpleNamespace(**told | more))


def test_a_server_is_ready_while_a_worker_serves(client, counters, draining):
    assert client.get("/livez").status_code == 200
    assert client.get("/readyz").status_code == 503
    counters.become("serving")
    answered = client.get("/readyz")
    assert (answered.status_code, answered.text) == (200, "ready: 1 serving\n")
    draining.append(True)
    assert client.get("/readyz").status_code == 503
    assert client.get("/livez").status_code == 200


def test_metrics_are_prometheus_text(client, counters):
    counters.become("serving")
    answer(counters)
    answer(counters, status=404)
    answered = client.get("/metrics")
    assert answered.headers["content-type"].startswith("text/plain; version=")
    lines = answered.text.splitlines()
    assert 'http_requests_total{method="GET",route="/items/{id}",status="200"} 1.0' in lines
    assert 'http_requests_total{method="GET",route="/items/{id}",status="404"} 1.0' in lines
    bucket = 'http_request_duration_seconds_bucket{le="%s",method="GET",route="/items/{id}"} %s'
    assert bucket % ("0.0025", "0.0") in lines
    assert bucket % ("0.005", "2.0") in lines
    assert bucket % ("+Inf", "2.0") in lines
    assert 'http_request_duration_seconds_count{method="GET",route="/items/{id}"} 2.0' in lines
    assert "http_response_body_bytes_total 20.0" in lines
    assert 'hanok_worker_connections{worker="1"} 5.0' in lines
    assert 'hanok_workers{state="serving"} 1.0' in lines


def test_openmetrics_is_given_to_those_who_accept_it(client):
    accept = "application/openmetrics-text; version=1.0.0"
    answered = client.get("/metrics", headers={"accept": accept})
    assert answered.headers["content-type"].startswith("application/openmetrics-text")
    assert answered.text.endswith("# EOF\n")


def test_status_tells_everything_as_json(client, counters):
    answer(counters)
    (worker,) = json.loads(client.get("/status").text)["workers"]
    assert worker["slot"] == 1
    assert worker["state"] == "starting"
    assert worker["requests"] == 1
    (route,) = worker["routes"]
    assert (route["method"], route["route"], route["statuses"]) == ("GET", "/items/{id}", {"200": 1})
    assert sum(route["times"][:-1]) == 1


def test_a_worker_that_died_without_a_word_is_gone_and_its_counts_stay(client, board):
    other = Counters(board, 2, lambda: 100.0, lambda: (7, 0))
    answer(other)
    other.shown.pid = 2**22 + 1  # no process has that number
    other.become("serving")
    workers = {one["slot"]: one for one in client.get("/status").json()["workers"]}
    assert workers[2]["state"] == "gone"
    text = client.get("/metrics").text
    assert 'worker="2"' not in text
    assert 'http_requests_total{method="GET",route="/items/{id}",status="200"} 1.0' in text


def test_other_pages_and_methods_are_refused_with_a_word(client):
    answered = client.get("/")
    assert answered.status_code == 404
    assert "/metrics" in answered.text
    answered = client.post("/metrics")
    assert (answered.status_code, answered.headers["allow"]) == (405, "GET, HEAD")
    assert client.head("/livez").status_code == 200


def test_there_are_no_websockets(board, counters):
    with pytest.raises(ValueError, match="no WebSockets"):
        asyncio.run(Admin(board, counters, bool).handle(SimpleNamespace()))
