"""The programs in the documentation run, and answer what the pages say that they answer.

A Python block is a program. A console block behind it asks the application of the program before it, and shows each answer.
"""

from __future__ import annotations

import json
import re
import shlex
from pathlib import Path
from typing import Any

import pytest

from hanok.testing import TestClient

PAGES = ("docs/tutorial.md", "docs/testing.md", "docs/how-a-request-flows.md", "README.md")
BLOCK = re.compile(r"^```(python|console)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
SERVER = "http://127.0.0.1:8000"


def run(source: str, where: str) -> dict[str, Any]:
    """The namespace of a program; its functions named test_ have passed."""
    namespace: dict[str, Any] = {"__name__": "main"}
    exec(compile(source, where, "exec"), namespace)
    for name, value in list(namespace.items()):
        if name.startswith("test_"):
            value()
    return namespace


def exchanges(console: str) -> list[tuple[str, str]]:
    """Each command with what it prints."""
    return [
        (command, "".join(line.strip() for line in printed.splitlines()))
        for command, printed in re.findall(r"^\$ (.*)\n((?:(?!\$ ).*\n)*)", console, re.MULTILINE)
    ]


def ask(app: Any, command: str) -> str:
    """What a curl command gets."""
    words = shlex.split(command)
    assert words.pop(0) == "curl"
    method, headers, data, url = None, {}, None, ""
    while words:
        word = words.pop(0)
        if word == "-X":
            method = words.pop(0)
        elif word == "-H":
            name, value = words.pop(0).split(": ", 1)
            headers[name] = value
        elif word == "-d":
            data = words.pop(0)
        else:
            url = word
    assert url.startswith(SERVER)
    with TestClient(app, base_url=SERVER) as client:
        method = method or ("GET" if data is None else "POST")
        return client.request(method, url, headers=headers, content=data).text


@pytest.mark.parametrize("page", PAGES)
def test_every_program_runs_and_answers_as_the_page_says(root: Path, page: str) -> None:
    app = None
    blocks = BLOCK.findall((root / page).read_text("utf-8"))
    assert [kind for kind, _ in blocks].count("python") >= 1
    for number, (kind, text) in enumerate(blocks):
        if kind == "python":
            app = run(text, f"{page}, block {number}").get("app")
            continue
        for command, printed in exchanges(text):
            answer = ask(app, command)
            try:
                assert json.loads(answer) == json.loads(printed), command
            except ValueError:
                assert answer == printed, command


def test_an_answer_that_a_page_gets_wrong_is_found_out() -> None:
    app = run("from hanok import Hanok\napp = Hanok()\napp.get('/')(lambda: 1)\n", "here")["app"]
    [(command, printed)] = exchanges(f"$ curl {SERVER}/\n{{\n 2}}\n")
    assert printed == "{2}"
    assert ask(app, command) == "1"
