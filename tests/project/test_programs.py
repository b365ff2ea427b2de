"""The programs in the documentation run, and answer what the pages say that they answer.

A Python block is a program. A console block behind it asks the application of the program before it, and shows each answer;
with ``<!-- asked of both programs -->`` before it, that of the two programs before it. A program that cannot be run here says
``<!-- not run: why -->`` before it, and stands in NOT_RUN. A block with a title is a file of a project that its page makes
step by step; WALKED says who walks through it.
"""

from __future__ import annotations

import inspect
import json
import os
import re
import shlex
import subprocess
import sys
import textwrap
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from bench.postgres import cluster, postgres_programs
from hanok.middleware import WSGIMiddleware
from hanok.server.config import options
from hanok.testing import TestClient
from hanok.version import __file__ as VERSION_FILE

ROOT = Path(__file__).parents[2]
BLOCK = re.compile(r"^(?:<!-- ([^\n]*?) -->\n+)?^( *)```(\w+)([^\n]*)\n(.*?)^ *```$", re.MULTILINE | re.DOTALL)
SERVER = "http://127.0.0.1:8000"
BOTH = "asked of both programs"
NEED_POSTGRESQL = ("docs/databases.md",)
# What a page may take for given in the folder where its commands are typed.
FILES = {"docs/first-hour.md": {"main.py": "from hanok import Hanok\n\nshop = Hanok()\n"}}
# Who types what stands on a page, and compares what it sees.
WALKED = {"docs/first-hour.md": "conformance/first_hour.py"}
# Who writes the files of these pages, and types their commands: conformance.first_hour.
CARRIED_OUT = ("docs/first-hour.md",)
# Page and reason of each program that is not run.
NOT_RUN: list[tuple[str, str]] = []


@dataclass(frozen=True)
class Block:
    page: str
    number: int
    said: str
    kind: str
    attributes: str
    text: str

    def __str__(self) -> str:
        return f"{self.page}, block {self.number}"

    @property
    def is_run(self) -> bool:
        return not self.said.startswith("not run: ") and not self.is_file

    @property
    def is_file(self) -> bool:
        return "title=" in self.attributes


def blocks(page: str, text: str) -> list[Block]:
    found = BLOCK.findall(text)
    return [
        Block(page, at, said, kind, attributes, textwrap.dedent(body))
        for at, (said, _, kind, attributes, body) in enumerate(found, 1)
    ]


def all_pages() -> Iterator[str]:
    for pattern in ("*.md", "docs/**/*.md", "bench/*.md", "examples/*/*.md"):
        yield from (str(page.relative_to(ROOT)) for page in sorted(ROOT.glob(pattern)))


ALL = [block for page in all_pages() for block in blocks(page, (ROOT / page).read_text("utf-8"))]
PAGES = sorted({block.page for block in ALL if block.kind in ("python", "console")})


@pytest.fixture(scope="module")
def postgresql() -> Iterator[dict[str, str]]:
    """What drivers are told by, of a PostgreSQL with the table of the page."""
    if postgres_programs() is None:
        pytest.skip("PostgreSQL is not installed")
    with cluster() as made:
        made.sql("CREATE TABLE item (id integer PRIMARY KEY, name text); INSERT INTO item VALUES (1, 'celadon');")
        yield made.environment


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
    method = method or ("GET" if data is None else "POST")
    if "start_response" in inspect.signature(app).parameters:  # WSGI has no lifespan
        return TestClient(WSGIMiddleware(app), base_url=SERVER).request(method, url, headers=headers, content=data).text
    with TestClient(app, base_url=SERVER) as client:
        return client.request(method, url, headers=headers, content=data).text


def said_by(command: str, folder: Path) -> str:
    """What a command of ours prints in a terminal of 80 columns."""
    words = shlex.split(command)
    assert words.pop(0) == "hanok"
    environment = os.environ | {"PYTHONPATH": str(Path(VERSION_FILE).parents[1]), "COLUMNS": "80"}
    told = subprocess.run(
        [sys.executable, "-m", "hanok", *words], cwd=folder, env=environment, capture_output=True, text=True, timeout=50
    )
    return "".join(line.strip() for line in (told.stdout + told.stderr).splitlines())


def same(answer: str, printed: str) -> bool:
    try:
        return bool(json.loads(answer) == json.loads(printed))
    except ValueError:
        return answer == printed


@pytest.mark.filterwarnings("ignore:There is no current event loop")  # mangum looks for one when it is made
@pytest.mark.usefixtures("thread_event_loop")
@pytest.mark.parametrize("page", PAGES)
def test_every_program_runs_and_answers_as_the_page_says(
    page: str, request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    if page in NEED_POSTGRESQL:
        for name, value in request.getfixturevalue("postgresql").items():
            monkeypatch.setenv(name, value)
    for name, text in FILES.get(page, {}).items():
        (tmp_path / name).write_text(text)
    apps: list[Any] = []
    for block in (block for block in ALL if block.page == page and block.is_run):
        if block.kind == "python":
            apps.append(run(block.text, str(block)).get("app"))
        elif block.kind == "console":
            for command, printed in exchanges(block.text):
                if command.startswith("hanok "):
                    assert said_by(command, tmp_path).startswith(printed)
                    continue
                for app in apps[-2:] if block.said == BOTH else apps[-1:]:
                    answer = ask(app, command)
                    assert same(answer, printed), f"{block}: {command}: {answer}"


def test_every_program_is_run_or_says_why_not() -> None:
    programs = [block for block in ALL if block.kind in ("python", "console") and not block.is_file]
    assert len(programs) >= 30
    assert [(block.page, block.said.removeprefix("not run: ")) for block in programs if not block.is_run] == NOT_RUN
    fences = sum(len(re.findall(r"^ *```\w+", (ROOT / page).read_text("utf-8"), re.MULTILINE)) for page in all_pages())
    assert fences == len(ALL), "a block is written in a way that is not understood here"


def test_files_of_a_project_that_a_page_makes_are_tried_by_who_walks_through_it() -> None:
    for page in {block.page for block in ALL if block.is_file}:
        assert Path(page).name in (ROOT / WALKED[page]).read_text("utf-8")


def test_every_configuration_on_the_pages_has_keys_that_there_are() -> None:
    known = {option.name for option in options()} | {"app", "certificates"}
    found = [tomllib.loads(block.text).get("tool", {}).get("hanok", {}) for block in ALL if block.kind == "toml"]
    assert len(found) >= 2
    assert {key.replace("-", "_") for table in found for key in table} <= known


def commands(page: str) -> list[list[str]]:
    """The words of the commands of ours that stand in lines of their own."""
    written = (ROOT / page).read_text("utf-8")
    typed = "".join(textwrap.indent(block.text, "    ") for block in ALL if block.page == page and block.kind == "sh")
    lines = re.findall(r"^ {4}(hanok [^\n\\]*(?:\\\n[^\n\\]*)*)", f"{written}\n{typed}", re.MULTILINE)
    return [shlex.split(line.replace("\\\n", " "), comments=True) for line in lines]


def test_every_command_on_the_pages_exists_with_its_options() -> None:
    import click

    from hanok.cli.group import group

    found = [words for page in all_pages() for words in commands(page)]
    assert len(found) >= 20
    wrong = []
    for words in found:
        command: click.Command = group
        context = click.Context(group)
        rest = words[1:]
        while isinstance(command, click.Group) and rest and command.get_command(context, rest[0]):
            command = command.get_command(context, rest.pop(0)) or command
        flags = {
            flag for parameter in command.get_params(context) for flag in parameter.opts + parameter.secondary_opts
        }
        wrong += [words for word in rest if word.startswith("-") and word.partition("=")[0] not in flags]
        if isinstance(command, click.Group) and command is group:
            wrong.append(words)
    assert wrong == []


def test_an_answer_that_a_page_gets_wrong_is_found_out() -> None:
    app = run("from hanok import Hanok\napp = Hanok()\napp.get('/')(lambda: 1)\n", "here")["app"]
    [(command, printed)] = exchanges(f"$ curl {SERVER}/\n{{\n 2}}\n")
    assert printed == "{2}"
    assert ask(app, command) == "1"


def test_blocks_in_lists_and_with_remarks_are_found() -> None:
    text = "1. A list\n\n    ```python\n    x = 1\n    ```\n\n<!-- not run: it takes a day -->\n```python\ny\n```\n"
    first, second = blocks("here", text)
    assert (first.text, first.is_run) == ("x = 1\n", True)
    assert (second.text, second.is_run) == ("y\n", False)
