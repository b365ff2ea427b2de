"""The comparison on a database is fair, and the page about speed says what was measured. Nothing is timed here."""

from __future__ import annotations

import asyncio
import re
from pathlib import Path
from typing import Any

import pytest

from bench.databases import FOLDER, WORKS, check_fortunes, wrong_row
from bench.goals import OLD, Goal, Reached
from bench.peer import read_peers
from bench.performance import page, write
from bench.postgres import ADDED, FORTUNES
from bench.round_trips import Proxy


def measured(work: str, peer: str, *rates: float) -> list[dict[str, Any]]:
    same = {"p50": 1.0, "p99": 2.0, "processor": 10.0, "worker_memory": 40960, "start_seconds": 0.5, "requests": 100}
    return [{"work": work, "peer": peer, "round": at, "rate": rate, **same} for at, rate in enumerate(rates)]


@pytest.fixture
def results() -> dict[str, Any]:
    return {
        "date": "2026-01-02T03:04:05+00:00",
        "machine": {"processor": "a processor", "python": "Python 3.13.0 (main)"},
        "settings": {"rounds": 3, "seconds": 3.0, "connections": 64, "pool": 16},
        "measurements": [
            *measured("json", "fastapi", 1000, 500, 250),
            *measured("json", "hanok", 13_000, 6500, 3250),
            *measured("json", "go", 14_000, 7000, 3500),
        ],
    }


def test_the_two_python_applications_differ_only_in_their_imports_and_class() -> None:
    def body(peer: str) -> list[str]:
        lines = (FOLDER / peer / "app.py").read_text().splitlines()
        kept = [line for line in lines if line and not line.startswith(("from ", "import "))]
        return [line.replace("Hanok(", "FastAPI(") for line in kept]

    assert body("hanok") == body("fastapi")


def test_every_settings_and_every_peer_has_the_same_statements() -> None:
    peers = read_peers(FOLDER, WORKS)
    assert {"fastapi", "hanok", "fastapi-recommended", "hanok-recommended", "fastify", "go", "asgi"} == set(peers)
    assert all(set(peer.works) == set(WORKS) for key, peer in peers.items() if key != "asgi")
    texts = [(FOLDER / name).read_text() for name in ("hanok/app.py", "fastify/app.js", "go/main.go")]
    for text in texts:
        assert "SELECT id, randomnumber FROM world WHERE id = $1" in text
        assert "SELECT id, message FROM fortune" in text
        assert "UPDATE world SET randomnumber = new.n FROM unnest($1::int[], $2::int[]) AS new (id, n)" in text
        assert ADDED in text


def test_every_page_of_fortunes_comes_from_a_template_that_escapes() -> None:
    python = (FOLDER / "templates" / "fortunes.html").read_text()
    assert "{{ message }}" in python
    assert "|safe" not in python
    assert 'TemplateResponse(request, "fortunes.html"' in (FOLDER / "hanok/app.py").read_text()
    javascript = (FOLDER / "fastify" / "fortunes.hbs").read_text()
    assert "{{message}}" in javascript
    assert "{{{" not in javascript
    assert 'reply.view("fortunes.hbs"' in (FOLDER / "fastify/app.js").read_text()
    assert "{{.Message}}" in (FOLDER / "go/main.go").read_text()


def test_a_peer_of_one_comparison_does_not_share_its_folder_with_that_of_the_other() -> None:
    assert read_peers(FOLDER, WORKS)["fastify"].scratch != read_peers()["fastify"].scratch


def test_rows_out_of_range_and_with_other_names_are_wrong() -> None:
    assert not wrong_row({"id": 1, "randomNumber": 10_000})
    assert wrong_row({"id": 0, "randomNumber": 1})
    assert wrong_row({"id": 1, "randomnumber": 1})


@pytest.mark.parametrize(
    ("change", "right"),
    [(("", ""), True), (("&lt;script&gt;", "<script>"), False), (("Computers", "Dogs"), False), ((ADDED, ""), False)],
)
def test_the_page_of_fortunes_is_compared_word_by_word(
    monkeypatch: pytest.MonkeyPatch, change: tuple[str, str], right: bool
) -> None:
    from html import escape

    rows = sorted([*enumerate(FORTUNES, 1), (0, ADDED)], key=lambda row: row[1])
    table = "".join(f"<tr><td>{number}</td><td>{escape(text)}</td></tr>" for number, text in rows)
    sent = table.replace(*change) if change[0] else table
    monkeypatch.setattr("bench.databases.get", lambda server, path, kind, wrong: sent.encode())
    assert (check_fortunes(None, None) == []) is right  # type: ignore[arg-type]


def test_what_a_client_waits_for_is_counted() -> None:
    def message(kind: bytes, body: bytes = b"") -> bytes:
        return kind + (len(body) + 4).to_bytes(4) + body

    sent = (8).to_bytes(4) + b"\0\3\0\0"  # the first message has no kind
    sent += message(b"P", b"S") + message(b"D") + message(b"H") + message(b"B") + message(b"E") + message(b"S")
    sent += message(b"Q", b"SELECT 1\0") + message(b"X")

    class Up:
        data = b""
        closed = False

        def write(self, data: bytes) -> None:
            self.data += data

        def close(self) -> None:
            self.closed = True

    async def run() -> tuple[Proxy, Up]:
        reader, up, proxy = asyncio.StreamReader(), Up(), Proxy("")
        reader.feed_data(sent)
        reader.feed_eof()
        await proxy.count(reader, up)  # type: ignore[arg-type]
        return proxy, up

    proxy, up = asyncio.run(run())
    assert proxy.waits == 3
    assert up.data == sent
    assert up.closed


def test_first_come_first_served_is_one_of_each_other_connection() -> None:
    from bench.fairness import CONNECTIONS, Client, Crowd

    class Line(asyncio.Transport):
        """Answers in the order of the requests, in two pieces."""

        def __init__(self, waiting: list[Client], client: list[Client]) -> None:
            super().__init__()
            self.waiting = waiting
            self.client = client

        def write(self, data: bytes | bytearray | memoryview) -> None:
            self.waiting.append(self.client[0])

    async def run() -> Crowd:
        crowd = Crowd(1000)
        waiting: list[Client] = []
        for _ in range(CONNECTIONS):
            client = Client(crowd, b"GET / HTTP/1.1\r\n\r\n")
            client.connection_made(Line(waiting, [client]))
            client.send()
        while not crowd.full.done():
            served = waiting.pop(0)
            served.data_received(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{")
            served.data_received(b"}")
        return crowd

    crowd = asyncio.run(run())
    assert [crowd.at(share) for share in (0.5, 0.999, 1.0)] == [CONNECTIONS - 1] * 3


# ---- the page


def test_the_page_tells_wins_losses_and_what_is_not_known(results: dict[str, Any]) -> None:
    told: dict[Goal, Reached | None] = {
        Goal("json", "hanok", 12, ("fastapi",)): Reached(13, 12, 14, 12.5, date="2026-01-02"),
        Goal("json", "hanok", 1.3, ("go",)): Reached(0.93, 0.9, 1, 0.95, date="2026-01-02"),
        Goal("json", "hanok", 8, ("fastapi",), where=OLD): Reached(9, 9, 9, 9, load_busy=0.99, date="2026-01-01"),
        Goal("import", "hanok", 0.25, ("fastapi",), at_most=True): Reached(0.3, 0.3, 0.3, date="2026-01-02"),
        Goal("params", "hanok", 13, ("fastapi",)): None,
    }
    text = page(results, None, [results], told, {"json hanok go": "the parser, 41 % of the time."})
    assert "| **Hanok** | **13.0** |" in text
    assert "- **json** (JSON built for each request): Go net/http (1.08 ×)" in text
    assert "| json | hanok | ≥ 12 × fastapi | 13.00 | met | 12.00 to 14.00 | 12.50 | 2026-01-02 |" in text
    assert "| json, Python 3.11 | hanok | ≥ 8 × fastapi | 9.00 * | met | 9.00 to 9.00 | 9.00 | 2026-01-01 |" in text
    assert "| import | hanok | ≤ 0.25 × fastapi | 0.30 | **missed** | 0.30 to 0.30 | – | 2026-01-02 |" in text
    assert "- **json**, hanok, 0.93 where ≥ 1.3 × go was the goal: the parser, 41 % of the time." in text
    assert "not written yet (`import hanok fastapi` in bench/bounds.toml)" in text
    assert "| params | hanok | ≥ 13 × fastapi | – | not measured | |" in text
    assert "Not measured yet" in text
    assert "| 2026-01-02T03:04 | 13.0 |" in text


def test_the_page_tells_of_databases_when_they_were_measured(results: dict[str, Any]) -> None:
    stores = results | {"measurements": [*measured("db", "fastapi", 100, 100), *measured("db", "hanok", 200, 220)]}
    text = page(results, stores, [], {}, {})
    assert "| **Hanok, asyncpg, usual settings** | **2.1** |" in text
    assert "a pool of 16" in text


def test_the_page_tells_of_other_interpreters_what_was_measured_there(results: dict[str, Any]) -> None:
    other = results | {"machine": {**results["machine"], "python": "Python 3.11.9"}}
    text = page(results, None, [], {}, {}, {OLD: other})
    assert "**Python 3.11.** 2026-01-02" in text
    assert "Python 3.11.9" in text
    assert "Not measured yet." in page(results, None, [], {}, {})


def test_the_page_says_which_works_are_of_an_earlier_run(results: dict[str, Any]) -> None:
    run = {"date": "2026-01-01T00:00:00+00:00", "rounds": 5, "seconds": 1.0}
    told = {"measured": {"json": run, "params": {**run, "date": results["date"]}}}
    assert "3 rounds of 3 s; json: 2026-01-01T00:00, 5 rounds of 1 s. Requests" in page(
        results | told, None, [], {}, {}
    )


def test_without_results_there_is_no_page(tmp_path: Path) -> None:
    assert write(tmp_path, tmp_path / "page.md") is None


def test_the_page_in_the_documentation_is_the_one_that_the_results_make(root: Path, tmp_path: Path) -> None:
    made = write(to=tmp_path / "page.md")
    assert made is not None
    assert made.read_text() == (root / "docs" / "performance.md").read_text()


def test_the_counts_in_the_documentation_are_of_what_is_tried(root: Path) -> None:
    from bench.round_trips import TRIED

    told = re.findall(r"^\| (.+) \| \d+ \|$", (root / "docs" / "databases.md").read_text(), re.MULTILINE)
    assert told == [name for name, _, _ in TRIED]


def test_the_costs_in_the_documentation_are_of_what_is_tried(root: Path) -> None:
    from bench.pool_costs import TRIED

    told = re.findall(r"^\| (.+) \| \d+\.\d \|$", (root / "docs" / "databases.md").read_text(), re.MULTILINE)
    assert told == list(TRIED)
