"""The first server: started with --reload, asked over the network, looked at in a browser."""

from __future__ import annotations

import re
import shutil
import time
from pathlib import Path
from typing import Any

import pytest


@pytest.fixture
def folder(program: Any, tmp_path: Path) -> Path:
    """A copy of the program, because its file is changed."""
    return Path(shutil.copytree(program("first_server"), tmp_path / "first_server"))


def test_both_paths_answer(folder: Path, serve: Any, client_of: Any) -> None:
    with serve(folder, "main:app", "--reload") as server:
        client = client_of(server)
        root = client.get("/")
        assert (root.status_code, root.text) == (200, '{"Hello":"World"}')
        assert root.headers["content-type"] == "application/json"
        assert client.get("/items/5", params={"q": "somequery"}).json() == {"item_id": 5, "q": "somequery"}
        assert client.get("/items/5").json() == {"item_id": 5, "q": None}


def test_a_bad_item_is_refused_by_name(folder: Path, serve: Any, client_of: Any) -> None:
    with serve(folder, "main:app") as server:
        answer = client_of(server).get("/items/five")
    assert answer.status_code == 422
    [problem] = answer.json()["detail"]
    assert problem["loc"] == ["path", "item_id"]
    assert problem["type"] == "int_parsing"
    assert problem["input"] == "five"


def test_a_saved_change_is_served(folder: Path, serve: Any, client_of: Any) -> None:
    main = folder / "main.py"
    first = main.read_text("utf-8")
    with serve(folder, "main:app", "--reload") as server:
        client = client_of(server)
        # A process that is replaced closes what it kept alive, perhaps just when we ask again: so ask anew each time.
        client.headers["connection"] = "close"
        assert client.get("/").json() == {"Hello": "World"}
        for name in ("Seoul", "Busan"):
            saved = time.monotonic()
            main.write_text(first.replace("World", name), "utf-8")
            while client.get("/").json() != {"Hello": name}:
                assert time.monotonic() - saved < 30, server.text


def test_the_documentation_shows_both_and_can_be_tried(folder: Path, serve: Any, page: Any) -> None:
    with serve(folder, "main:app") as server:
        page.goto(f"{server.url}/docs")
        assert (
            page.locator(".opblock-summary-path").all_inner_texts() or page.locator(".opblock").first.wait_for() is None
        )
        paths = [re.sub(r"[^\w/{}]", "", text) for text in page.locator(".opblock-summary-path").all_inner_texts()]
        assert paths == ["/", "/items/{item_id}"]
        page.locator(".opblock-summary-path", has_text="item_id").click()
        page.get_by_role("button", name="Try it out").click()
        page.get_by_placeholder("item_id").fill("5")
        page.get_by_placeholder("q", exact=True).fill("somequery")
        page.get_by_role("button", name="Execute").click()
        answer = page.locator(".live-responses-table .response-col_description pre").first
        answer.wait_for()
        assert '"q": "somequery"' in answer.inner_text()
        page.goto("about:blank")
