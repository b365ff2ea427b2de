import json
import socket
import subprocess
import sys

import httpx
import pytest

from hanok import Hanok, Response
from hanok.exceptions import ConfigError
from hanok.server.threaded import Server

app = Hanok()


@app.get("/items/{item_id}")
async def item(item_id: int):
    return {"item_id": item_id}


@app.get("/named")
async def named(response: Response):
    response.headers["x-name"] = "shown"
    return "x" * 10


@pytest.fixture
def admin():
    """An address that was free a moment ago."""
    with socket.socket() as sock:
        sock.bind(("127.0.0.1", 0))
        return f"127.0.0.1:{sock.getsockname()[1]}"


def test_the_admin_listener_tells_what_the_public_one_answered(admin):
    with Server(app, admin_bind=admin) as server, httpx.Client(base_url=server.url, timeout=20) as client:
        client.get("/items/5")
        client.get("/items/no")
        client.get("/nowhere")
        assert client.get("/metrics").status_code == 404  # it is not on the public listener
        with httpx.Client(base_url=f"http://{admin}", timeout=20) as operator:
            assert operator.get("/readyz").text == "ready: 1 serving\n"
            lines = operator.get("/metrics").text.splitlines()
            (worker,) = operator.get("/status").json()["workers"]
    assert 'http_requests_total{method="GET",route="/items/{item_id}",status="200"} 1.0' in lines
    assert 'http_requests_total{method="GET",route="/items/{item_id}",status="422"} 1.0' in lines
    assert 'http_requests_total{method="GET",route="",status="404"} 2.0' in lines
    assert 'http_request_duration_seconds_count{method="GET",route="/items/{item_id}"} 2.0' in lines
    assert (worker["state"], worker["connections"], worker["requests"]) == ("serving", 1, 4)


def test_the_admin_listener_can_be_a_unix_socket(tmp_path):
    path = tmp_path / "admin.sock"
    with Server(app, admin_bind=f"unix:{path}"):
        transport = httpx.HTTPTransport(uds=str(path))
        with httpx.Client(transport=transport, base_url="http://admin") as operator:
            assert operator.get("/livez").text == "live\n"
    assert not path.exists()


def test_an_address_that_cannot_be_had_names_its_option(admin):
    host, port = admin.split(":")
    with socket.socket() as taken:
        taken.bind((host, int(port)))
        taken.listen()
        with pytest.raises(ConfigError, match=r"--admin-bind"):
            Server(app, admin_bind=admin).start()


def test_the_access_log_goes_to_its_file_in_its_form(tmp_path):
    file = tmp_path / "access.log"
    form = '%(m)s %(U)s %(s)s %(B)s "%({x-name}o)s" "%({x-id}i)s" %(D)s'
    options = {"access_log": True, "access_log_file": str(file), "access_log_format": form}
    with Server(app, **options) as server, httpx.Client(base_url=server.url, timeout=20) as client:
        client.get("/named", headers={"x-id": "7"})
        client.get("/items/5")
    first, second = file.read_text().splitlines()
    assert first.startswith('GET /named 200 12 "shown" "7" ')
    assert int(first.split()[-1]) > 0
    assert second.startswith('GET /items/5 200 13 "-" "-" ')


def test_json_lines_can_be_read_by_programs(tmp_path):
    file = tmp_path / "access.log"
    with Server(app, access_log=True, access_log_file=str(file), access_log_format="json") as server:
        httpx.get(f"{server.url}/items/5?q=1", timeout=20)
    told = json.loads(file.read_text())
    assert (told["path"], told["query"], told["status"], told["bytes"]) == ("/items/5", "q=1", 200, 13)
    assert told["ms"] > 0


def test_a_log_that_cannot_be_written_or_formed_keeps_the_server_from_starting(tmp_path):
    with pytest.raises(ConfigError, match=r"--access-log-file: .*No such file"):
        Server(app, access_log=True, access_log_file=str(tmp_path / "none" / "a.log")).start()
    with pytest.raises(ConfigError, match=r"--access-log-format: .* is no atom"):
        Server(app, access_log=True, access_log_format="%(z)s").start()


def test_top_shows_the_workers_and_routes_of_a_server(admin):
    with Server(app, admin_bind=admin) as server:
        httpx.get(f"{server.url}/items/5", timeout=20)
        command = [sys.executable, "-m", "hanok", "top", admin]
        view = subprocess.run([*command, "--once", "--interval", "0.1"], capture_output=True, text=True, timeout=60)
        told = subprocess.run([*command, "--json"], capture_output=True, text=True, timeout=60)
    assert view.returncode == 0, view.stderr
    assert "serving" in view.stdout
    assert "/items/{item_id}" in view.stdout
    assert json.loads(told.stdout)["workers"][0]["state"] == "serving"


@pytest.mark.parametrize(
    ("address", "says"), [("", "--admin-bind"), ("127.0.0.1:1", "No admin listener"), ("a b", "no address")]
)
def test_top_says_what_is_missing(address, says, monkeypatch):
    monkeypatch.delenv("HANOK_ADMIN_BIND", raising=False)
    told = subprocess.run(
        [sys.executable, "-m", "hanok", "top", *[address][: len(address)]], capture_output=True, text=True, timeout=60
    )
    assert told.returncode == 2
    assert says in told.stderr
