"""The ORM service on SQLite and on PostgreSQL: migrated by Alembic, asked over the network."""

from __future__ import annotations

import glob
import os
import pwd
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

sqlalchemy = pytest.importorskip("sqlalchemy", reason="sqlalchemy is not installed: group programs")
pytest.importorskip("alembic", reason="alembic is not installed: group programs")

SECONDS = 40


def postgres_programs() -> Path | None:
    """The folder of initdb and pg_ctl; Debian keeps them out of the path."""
    found = [*sorted(glob.glob("/usr/lib/postgresql/*/bin"), reverse=True), *os.environ.get("PATH", "").split(":")]
    return next(
        (Path(each) for each in found if all((Path(each) / name).exists() for name in ("initdb", "pg_ctl"))), None
    )


@contextmanager
def postgres_cluster() -> Iterator[str]:
    """A cluster of its own in a temporary folder, without TCP; gives the URL of its server, for a database's name."""
    programs = postgres_programs()
    if programs is None:
        pytest.skip("PostgreSQL is not installed (Debian: apt-get install postgresql)")
    pytest.importorskip("psycopg", reason="psycopg is not installed: group programs")
    as_owner: dict[str, Any] = {}
    # Not tmp_path: a path of a socket may have 107 bytes, and the owner of the cluster must reach it.
    folder = tempfile.mkdtemp(prefix="pg-")
    if os.geteuid() == 0:  # PostgreSQL refuses to run as root
        owner = pwd.getpwnam("postgres")
        os.chown(folder, owner.pw_uid, owner.pw_gid)
        as_owner = {"user": owner.pw_uid, "group": owner.pw_gid, "extra_groups": [], "cwd": folder}
    settings = f"-c listen_addresses='' -c unix_socket_directories={folder} -c fsync=off -c max_connections=60"
    data = f"{folder}/data"

    def do(*command: str) -> None:
        # Not a pipe: the server would inherit it and keep it open.
        with open(os.devnull, "w") as nowhere:
            subprocess.run(command, stdout=nowhere, stderr=nowhere, timeout=SECONDS, check=True, **as_owner)

    try:
        do(f"{programs}/initdb", "-D", data, "-U", "postgres", "-A", "trust", "--no-sync", "-E", "UTF8")
        do(f"{programs}/pg_ctl", "-D", data, "-l", f"{folder}/log", "-o", settings, "-w", "start")
        try:
            yield f"postgresql+psycopg://postgres@/NAME?host={folder}"
        finally:
            do(f"{programs}/pg_ctl", "-D", data, "-m", "immediate", "-w", "stop")
    finally:
        shutil.rmtree(folder)


@pytest.fixture(scope="module", params=["sqlite", "postgresql"])
def new_database(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    """``new_database(name)`` gives the URL of an empty database, which is the one setting of the service."""
    if request.param == "sqlite":
        place = tmp_path_factory.mktemp("databases")
        yield lambda name: f"sqlite:///{place}/{name}.db"
        return
    with postgres_cluster() as url:

        def create(name: str) -> str:
            engine = sqlalchemy.create_engine(url.replace("NAME", "postgres"), isolation_level="AUTOCOMMIT")
            with engine.connect() as connection:
                connection.execute(sqlalchemy.text(f"CREATE DATABASE {name}"))
            engine.dispose()
            return url.replace("NAME", name)

        yield create


@pytest.fixture(scope="module")
def folder(program: Any) -> Path:
    return Path(program("orm_service"))


@pytest.fixture(scope="module")
def alembic(folder: Path, variables: Any) -> Any:
    """``alembic(url, "upgrade", "head")`` is that command; gives what it says."""

    def run(database_url: str, *arguments: str) -> str:
        done = subprocess.run(
            [sys.executable, "-m", "alembic", *arguments],
            cwd=folder,
            env=variables(DATABASE_URL=database_url),
            capture_output=True,
            encoding="utf-8",
            timeout=SECONDS,
        )
        assert done.returncode == 0, done.stderr
        return done.stdout + done.stderr

    return run


def tables(database_url: str) -> set[str]:
    engine = sqlalchemy.create_engine(database_url)
    try:
        return set(sqlalchemy.inspect(engine).get_table_names())
    finally:
        engine.dispose()


@pytest.fixture(scope="module")
def library(folder: Path, new_database: Any, alembic: Any, serve: Any, client_of: Any) -> Iterator[Any]:
    """The service on a migrated database, with two workers."""
    url = new_database("library")
    alembic(url, "upgrade", "head")
    with serve(folder, "main:app", "--workers", "2", DATABASE_URL=url) as server:
        yield client_of(server)


@pytest.fixture(scope="module")
def author(library: Any) -> Any:
    """Han Kang, with 25 books."""
    author = library.post("/authors", json={"name": "  Han Kang "}).json()
    for number in range(25):
        book = {"title": f"Volume {number}", "year": 2020 - number, "author_id": author["id"]}
        assert library.post("/books", json=book).status_code == 201
    return author


def test_the_migrations_make_what_the_models_say_and_can_be_taken_back(new_database: Any, alembic: Any) -> None:
    url = new_database("there_and_back")
    alembic(url, "upgrade", "head")
    assert tables(url) == {"authors", "books", "alembic_version"}
    assert "No new upgrade operations detected" in alembic(url, "check")
    alembic(url, "downgrade", "base")
    assert tables(url) == {"alembic_version"}


def test_a_model_is_returned_through_its_schema(library: Any, author: Any) -> None:
    assert author == {"id": author["id"], "name": "Han Kang"}
    answer = library.post("/books", json={"title": "Human Acts", "year": 2014, "author_id": author["id"]})
    assert answer.status_code == 201
    book = answer.json()
    assert book == {"id": book["id"], "title": "Human Acts", "year": 2014, "author": author}
    assert library.get(f"/books/{book['id']}").json() == book
    changed = library.patch(f"/books/{book['id']}", json={"year": 2016})
    assert changed.json() == {**book, "year": 2016}
    assert library.patch(f"/books/{book['id']}", json={"year": None}).status_code == 422
    assert library.delete(f"/books/{book['id']}").status_code == 204
    missing = library.get(f"/books/{book['id']}")
    assert (missing.status_code, missing.json()) == (404, {"detail": f"There is no book {book['id']}."})


def test_an_author_comes_with_the_books_the_oldest_first(library: Any, author: Any) -> None:
    years = [book["year"] for book in library.get(f"/authors/{author['id']}").json()["books"]]
    assert years == sorted(years)
    assert len(years) == 25
    assert library.get("/authors/999").status_code == 404


def test_pages_lead_to_the_end(library: Any, author: Any) -> None:
    seen: list[str] = []
    after: dict[str, int] = {}
    while True:
        page = library.get("/books", params={"limit": 10, "author_id": author["id"], **after}).json()
        seen += [book["title"] for book in page["items"]]
        if page["next"] is None:
            break
        assert len(page["items"]) == 10
        after = {"after": page["next"]}
    assert seen == [f"Volume {number}" for number in range(25)]
    assert library.get("/books", params={"limit": 101}).json()["detail"][0]["loc"] == ["query", "limit"]
    assert library.get("/authors").json() == {"items": [author], "next": None}


def test_a_search_takes_its_words_literally(library: Any, author: Any) -> None:
    found = library.get("/books", params={"search": "vOLUME 24"}).json()["items"]
    assert [book["title"] for book in found] == ["Volume 24"]
    assert library.get("/books", params={"search": "%"}).json()["items"] == []


def test_what_is_there_already_is_a_conflict(library: Any, author: Any) -> None:
    again = library.post("/authors", json={"name": "Han Kang"})
    assert (again.status_code, again.json()["detail"]) == (409, "There is an author called Han Kang already.")
    book = {"title": "Volume 3", "year": 1999, "author_id": author["id"]}
    assert library.post("/books", json=book).status_code == 409
    nobody = library.post("/books", json={**book, "author_id": 999})
    assert (nobody.status_code, nobody.json()["detail"]) == (422, "There is no author 999.")


def test_it_does_not_start_on_a_database_without_its_tables(folder: Path, tmp_path: Path, variables: Any) -> None:
    command = [sys.executable, "-m", "hanok", "run", "main:app", "--port", "0"]
    told = variables(DATABASE_URL=f"sqlite:///{tmp_path}/empty.db")
    done = subprocess.run(command, cwd=folder, env=told, capture_output=True, encoding="utf-8", timeout=SECONDS)
    assert done.returncode != 0
    assert "Type: alembic upgrade head" in done.stdout + done.stderr
