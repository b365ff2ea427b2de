"""The match table gives the answer that a walk over the routes in order would give."""

from typing import Any

from hypothesis import example, given
from hypothesis import strategies as st

from hanok.exchange import Exchange
from hanok.routing.base import Match
from hanok.routing.convertors import CONVERTOR_TYPES, Convertor
from hanok.routing.mount import Mount
from hanok.routing.plain import Route
from hanok.routing.table import MatchTable


class Dashed(Convertor[str]):
    """A convertor of somebody else's: its text may hold a slash."""

    regex = "[a-z]+[-/][a-z]+"

    def convert(self, value: str) -> str:
        return value.upper()

    def to_string(self, value: str) -> str:
        return value.lower()


CONVERTOR_TYPES["dashed"] = Dashed()

PIECES = ["a", "b", "a.json", "", "{x}", "{y}", "{n:int}", "{f:float}", "{x}.json", "{x}-{y}", "v{n:int}"]
TAILS = ["", "", "", "/{rest:path}", "/{d:dashed}", "/{d:dashed}/a", "/x{rest:path}/b"]


@st.composite
def templates(draw: st.DrawFn) -> str:
    pieces: list[str] = []
    for piece in draw(st.lists(st.sampled_from(PIECES), max_size=4)):
        if not any(name in "".join(pieces) for name in ("x", "y", "n:", "f:") if f"{{{name}" in piece):
            pieces.append(piece)
    return "/" + "/".join(pieces) + draw(st.sampled_from(TAILS)).replace("/x{", "/z{")


async def endpoint(request: Any) -> None: ...


@st.composite
def routes(draw: st.DrawFn) -> Any:
    path = draw(templates())
    if draw(st.integers(0, 5)) == 0:
        return Mount(path.replace("rest", "sub"), app=endpoint)
    methods = draw(st.sets(st.sampled_from(["GET", "POST", "PUT"]), max_size=2))
    return Route(path, endpoint, methods=sorted(methods))


SEGMENTS = ["a", "b", "a.json", "", "7", "1.5", "q-r", "v7", "a-b", "zq", "b.json", "\n"]
PATHS = st.lists(st.sampled_from(SEGMENTS), max_size=5).map(lambda pieces: "/" + "/".join(pieces))


def walk(candidates: list[Any], path: str, method: str) -> tuple[Match, Any, dict[str, Any]]:
    """What the routes say when each is asked in turn."""
    scope = {"type": "http", "path": path, "method": method, "root_path": ""}
    partial = (Match.NONE, None, {})
    for route in candidates:
        match, child = route.matches(scope)
        if match is Match.FULL:
            return match, route, child["path_params"]
        if match is Match.PARTIAL and partial[0] is Match.NONE:
            partial = match, route, child["path_params"]
    return partial


class Taken(Exchange):
    """A request that only has a path and a method, and remembers which route took it."""

    def __init__(self, path: str, method: str) -> None:
        self.prepare()
        self.path = path
        self.method = method


def run(candidates: list[Any], path: str, method: str) -> tuple[Any, dict[str, Any]] | None:
    """What the short way of a table finds, where it finds something."""
    table = MatchTable([route.entry(index) for index, route in enumerate(candidates)], alone=True)
    exchange = Taken(path, method)
    found = table.run(exchange, None)
    if found is None:
        assert exchange.route is None
        return None
    found.close()
    return exchange.route, exchange.path_params


def look_up(candidates: list[Any], path: str, method: str) -> tuple[Match, Any, dict[str, Any]]:
    """The same, from the table."""
    table = MatchTable([route.entry(index) for index, route in enumerate(candidates)])
    slot = table.slot(path)
    if slot is None:
        return Match.NONE, None, {}
    entry = slot.pick(method)
    match = Match.FULL
    if entry is None:
        match, entry = Match.PARTIAL, slot.entries[0]
    params = entry.params(path)
    if entry.enter is not None:
        del params["path"]
    return match, entry.route, params


@given(st.lists(routes(), max_size=8), PATHS, st.sampled_from(["GET", "HEAD", "POST", "PATCH"]))
@example([Route("/{x}", endpoint), Route("/a", endpoint)], "/a", "GET")
@example([Route("/{x}/a", endpoint, methods=["POST"]), Route("/b/{y}", endpoint)], "/b/a", "POST")
def test_the_table_equals_a_walk(candidates: list[Any], path: str, method: str) -> None:
    expected = walk(candidates, path, method)
    found = look_up(candidates, path, method)
    assert found[0] is expected[0]
    assert found[1] is expected[1]
    assert found[2] == expected[2]


@given(st.lists(routes(), max_size=8), PATHS, st.sampled_from(["GET", "HEAD", "POST", "PATCH"]))
@example([Route("/{x}", endpoint), Route("/a", endpoint)], "/a", "GET")
@example([Route("/{n:int}", endpoint)], "/" + "7" * 5000, "GET")
def test_the_short_way_finds_what_the_long_way_finds_or_leaves_it(
    candidates: list[Any], path: str, method: str
) -> None:
    short = run(candidates, path, method)
    if short is not None:
        match, route, params = look_up(candidates, path, method)
        assert (match, route, params) == (Match.FULL, *short)


def test_the_common_request_takes_the_short_way() -> None:
    candidates = [Route("/a", endpoint), Route("/a/{x}/{n:int}", endpoint)]
    assert run(candidates, "/a", "GET") == (candidates[0], {})
    assert run(candidates, "/a/b/7", "GET") == (candidates[1], {"x": "b", "n": 7})


def test_a_table_that_does_not_decide_alone_leaves_every_request() -> None:
    assert MatchTable([Route("/a", endpoint).entry(0)]).run(Taken("/a", "GET"), None) is None


@given(st.lists(routes(), max_size=6), st.lists(PATHS, min_size=2, max_size=6))
def test_earlier_requests_change_nothing(candidates: list[Any], paths: list[str]) -> None:
    table = MatchTable([route.entry(index) for index, route in enumerate(candidates)])
    first = [table.slot(path) for path in paths]
    again = [table.slot(path) for path in paths]
    assert [slot and slot.entries for slot in first] == [slot and slot.entries for slot in again]


def test_a_path_that_does_not_begin_with_a_slash_has_no_route() -> None:
    table = MatchTable([Route("/{x}", endpoint).entry(0)])
    assert table.slot("*") is None
    assert table.slot("") is None


def test_kept_unions_are_bounded(monkeypatch: Any) -> None:
    monkeypatch.setattr("hanok.routing.table._MERGED_LIMIT", 1)
    table = MatchTable([Route(path, endpoint).entry(i) for i, path in enumerate(["/{x}", "/{n:int}", "/{f:float}"])])
    for _ in range(2):
        assert len(table.slot("/7").entries) == 3  # type: ignore[union-attr]
        assert len(table.slot("/7.5").entries) == 2  # type: ignore[union-attr]
