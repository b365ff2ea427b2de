"""nghttp2's load generator, as a client that asks for much at once."""

import re
import shutil
import subprocess

import pytest

from hanok import Hanok
from hanok.server.threaded import Server

pytestmark = pytest.mark.skipif(shutil.which("h2load") is None, reason="h2load is not installed (nghttp2-client)")

app = Hanok()


@app.get("/json")
async def hello():
    return {"message": "Hello, World!"}


def test_many_requests_at_once_are_all_answered():
    with Server(app) as server:
        command = ["h2load", "-n", "20000", "-c", "32", "-m", "32", f"{server.url}/json"]
        told = subprocess.run(command, capture_output=True, text=True, timeout=55).stdout
    assert re.search(r"20000 done, 20000 succeeded, 0 failed, 0 errored, 0 timeout", told), told
    assert "status codes: 20000 2xx" in told
