"""The files of a new project. ``$package`` is what the application is imported as, ``$name`` what the project is called."""

from __future__ import annotations

PYPROJECT = """\
[project]
name = "$name"
version = "0.1.0"
requires-python = ">=3.11"
dependencies = ["hanok"]

[dependency-groups]
dev = ["hanok[testing]", "pytest"]

# Options of `hanok run` and `hanok dev`; `hanok config` shows them all, and where each was said.
[tool.hanok]
app = "$package.main:app"
max_body_size = 1048576  # bytes of a request body; larger ones are refused

[tool.pytest.ini_options]
testpaths = ["tests"]
pythonpath = ["."]
"""

README = """\
# $name

    hanok dev      # serves http://127.0.0.1:8000/docs, and again whenever you save
    pytest         # runs the tests

| | |
|---|---|
| `$package/main.py` | the application |
| `$package/notes.py` | its first routes |
| `$package/settings.py` | what can be set by environment variables |
| `tests/` | the tests |

`hanok doctor` looks at the project and says what is wrong or slow. In production: `hanok run --workers 4`.
"""

GITIGNORE = """\
__pycache__/
*.py[cod]
*.egg-info/
.coverage
.mypy_cache/
.pytest_cache/
.ruff_cache/
.venv/
build/
dist/

# What differs between machines, and secrets, is not kept in git.
.env
.env.*
"""

INIT = ""

MAIN = '''\
"""The application: what belongs together here has a router of its own."""

from hanok import Hanok

from . import notes
from .settings import settings

app = Hanok(title=settings.title)
app.include_router(notes.router)


@app.get("/health")
async def health() -> dict[str, str]:
    return {"status": "ok"}
'''

SETTINGS = '''\
"""What can be set from outside, by environment variables."""

import os
from dataclasses import dataclass


@dataclass(frozen=True)
class Settings:
    title: str = "$name"
    notes_per_page: int = 20

    @classmethod
    def from_environment(cls) -> "Settings":
        return cls(
            title=os.environ.get("$PREFIX_TITLE", cls.title),
            notes_per_page=int(os.environ.get("$PREFIX_NOTES_PER_PAGE", cls.notes_per_page)),
        )


settings = Settings.from_environment()
'''

NOTES = '''\
"""Notes, kept in memory: they are gone when the server stops. Put a database in the place of ``open_notes``."""

from typing import Annotated

from hanok import APIRouter, Depends, HTTPException, Query
from pydantic import BaseModel, Field

from .settings import settings

router = APIRouter(prefix="/notes", tags=["notes"])


class NewNote(BaseModel):
    text: str = Field(min_length=1, max_length=1000)


class Note(NewNote):
    id: int


_notes: dict[int, Note] = {}


async def open_notes() -> dict[int, Note]:
    return _notes


Notes = Annotated[dict[int, Note], Depends(open_notes)]


@router.get("")
async def list_notes(notes: Notes, offset: Annotated[int, Query(ge=0)] = 0) -> list[Note]:
    return list(notes.values())[offset : offset + settings.notes_per_page]


@router.post("", status_code=201)
async def add_note(new: NewNote, notes: Notes) -> Note:
    note = Note(id=max(notes, default=0) + 1, text=new.text)
    notes[note.id] = note
    return note


@router.get("/{note_id}")
async def read_note(note_id: int, notes: Notes) -> Note:
    if note_id not in notes:
        raise HTTPException(404, f"There is no note {note_id}.")
    return notes[note_id]
'''

CONFTEST = '''\
from collections.abc import Iterator

import pytest
from hanok.testing import TestClient

from $package.main import app
from $package.notes import open_notes


@pytest.fixture
def client() -> Iterator[TestClient]:
    """A client of the application, which begins without notes."""
    notes = {}
    app.dependency_overrides[open_notes] = lambda: notes
    with TestClient(app) as client:
        yield client
    app.dependency_overrides.clear()
'''

TEST_NOTES = """\
from hanok.testing import TestClient


def test_a_note_that_was_added_can_be_read(client: TestClient) -> None:
    added = client.post("/notes", json={"text": "celadon"})
    assert added.status_code == 201
    assert client.get(f"/notes/{added.json()['id']}").json() == {"id": 1, "text": "celadon"}
    assert client.get("/notes").json() == [{"id": 1, "text": "celadon"}]


def test_a_note_has_a_text(client: TestClient) -> None:
    answer = client.post("/notes", json={"text": ""})
    assert answer.status_code == 422
    assert answer.json()["detail"][0]["loc"] == ["body", "text"]


def test_a_note_that_is_not_there_is_not_found(client: TestClient) -> None:
    answer = client.get("/notes/5")
    assert (answer.status_code, answer.json()) == (404, {"detail": "There is no note 5."})


def test_it_says_that_it_is_well(client: TestClient) -> None:
    assert client.get("/health").json() == {"status": "ok"}
"""

FILES: dict[str, str] = {
    "pyproject.toml": PYPROJECT,
    "README.md": README,
    ".gitignore": GITIGNORE,
    "$package/__init__.py": INIT,
    "$package/main.py": MAIN,
    "$package/notes.py": NOTES,
    "$package/settings.py": SETTINGS,
    "tests/conftest.py": CONFTEST,
    "tests/test_notes.py": TEST_NOTES,
}


def files_of(name: str, package: str) -> dict[str, str]:
    """Path → text of every file."""

    def filled(text: str) -> str:
        return text.replace("$package", package).replace("$PREFIX", package.upper()).replace("$name", name)

    return {filled(path): filled(text) for path, text in FILES.items()}
