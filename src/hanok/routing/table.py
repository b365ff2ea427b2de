"""The match table: (path, method) → the first registered route that takes it, at a cost that does not grow
with routes.

The meaning is that of a walk over the routes in order: the first route whose path and method both match is
the one; if there is none, the first whose path alone matches says 405. The table gives the same answer
without the walk:

- A path without parameters is a key of ``_static``. Its slot also holds the routes with parameters that the
  same path could mean, so that an earlier ``/items/{id}`` still wins over a later ``/items/new``.
- The others live in a tree of segments. A node has literal children (a dict), children for whole-segment
  parameters and for segments with a pattern (tested one by one; there are as many as there are *kinds* of
  parameter), the routes that end there, and the *tails*: routes whose next parameter may span slashes, tried
  with their regular expression.

Where one path leads to several places of the tree, the union of them is put in order once and kept.

``MatchTable.run`` is the whole way of the common request: nothing but the table decides, and no mount stands before it or
behind. It gives up, before it has changed anything, where the router has to look closer.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Coroutine, Iterable, Sequence
from typing import TYPE_CHECKING, Any

from hanok.exchange.http import Exchange
from hanok.routing.convertors import Convertor, StringConvertor
from hanok.routing.template import Parameter, Segment, Template, spans_segments

if TYPE_CHECKING:
    from hanok.exchange.incoming import Incoming

ANY_METHOD = None
_MERGED_LIMIT = 4096


class Entry:
    """One route in the table. ``index`` is its rank: the lower one wins.

    ``route`` is what the exchange is told and what is run.
    ``enter`` is what a mount does to the exchange before it runs.
    """

    __slots__ = (
        "endpoint",
        "enter",
        "index",
        "max_body_size",
        "methods",
        "route",
        "template",
        "whole_segments",
    )

    def __init__(
        self,
        index: int,
        route: Any,
        template: Template,
        methods: Iterable[str] | None,
        endpoint: Any = None,
        max_body_size: int | None = None,
        enter: Callable[[Any, dict[str, Any]], None] | None = None,
    ) -> None:
        self.index = index
        self.route = route
        self.endpoint = endpoint
        self.template = template
        self.max_body_size = max_body_size
        self.enter = enter
        self.methods = ANY_METHOD if methods is None else frozenset(methods)
        # (name, convertor or None for text, place) of each parameter, where each is a segment of its own.
        self.whole_segments = whole_segments(template)

    def params(self, path: str) -> dict[str, Any]:
        """The converted parameters of a path that is known to match."""
        if self.whole_segments is None:
            return self.template.match(path) or {}
        if not self.whole_segments:
            return {}
        return self.params_of(path.split("/"))

    def params_of(self, pieces: list[str]) -> dict[str, Any]:
        """``params`` where each is a segment of its own, of the segments."""
        found = {}
        for name, convertor, place in self.whole_segments or ():
            piece = pieces[place]
            found[name] = piece if convertor is None else convertor.convert(piece)
        return found


class Slot:
    """Every route that one path could mean, in order, with the winner for each method worked out."""

    __slots__ = ("any_method", "by_method", "entries")

    def __init__(self, entries: Iterable[Entry]) -> None:
        self.entries = sorted(entries, key=lambda entry: entry.index)
        self.by_method: dict[str, Entry] = {}
        self.any_method: Entry | None = None
        for entry in self.entries:
            if entry.methods is ANY_METHOD:
                # It takes every method that no earlier route takes, so nothing after it is ever reached.
                self.any_method = entry
                break
            for method in entry.methods:
                self.by_method.setdefault(method, entry)

    def pick(self, method: str) -> Entry | None:
        """The route that takes this method."""
        return self.by_method.get(method, self.any_method)

    def methods(self) -> set[str]:
        """What any of the routes takes, by name."""
        return {method for entry in self.entries for method in entry.methods or ()}


class Node:
    """A place in the tree of segments. ``accepts`` and ``onward`` are its one pattern, where there is just one."""

    __slots__ = ("accepts", "branches", "ends", "literals", "onward", "patterns", "slot", "tails")

    def __init__(self) -> None:
        self.literals: dict[str, Node] = {}
        self.patterns: dict[str, tuple[Callable[[str], Any], Node]] = {}
        self.tails: list[tuple[re.Pattern[str], Slot]] = []
        self.ends: list[Entry] = []
        self.slot: Slot | None = None
        self.accepts: Callable[[str], Any] | None = None
        self.onward: Node | None = None
        self.branches = False  # whether there are tails, or patterns, among which one has to choose

    def child(self, segment: Segment) -> Node:
        if all(isinstance(token, str) for token in segment):
            return self.literals.setdefault("".join(str(token) for token in segment), Node())
        accepts, key = segment_test(segment)
        return self.patterns.setdefault(key, (accepts, Node()))[1]

    def finish(self) -> None:
        """Put the routes that end here in order; called once, when all of them are known."""
        if self.ends:
            self.slot = Slot(self.ends)
        self.branches = bool(self.tails) or len(self.patterns) > 1
        if len(self.patterns) == 1:
            ((self.accepts, self.onward),) = self.patterns.values()
        for node in self.literals.values():
            node.finish()
        for _, node in self.patterns.values():
            node.finish()


class MatchTable:
    """Built from entries once; asked for every request.

    Entries whose templates do not begin with a slash can only be static. ``alone``: nothing beside the table decides which
    route takes an HTTP request.
    """

    __slots__ = ("_alone", "_merged", "_root", "_static")

    def __init__(self, entries: Sequence[Entry], alone: bool = False) -> None:
        self._alone = alone
        self._root = Node()
        self._merged: dict[tuple[int, ...], Slot] = {}
        static: dict[str, list[Entry]] = {}
        for entry in entries:
            if entry.template.convertors:
                self._plant(entry)
            else:
                static.setdefault(entry.template.path, []).append(entry)
        self._root.finish()
        self._static = {path: Slot(self._with_dynamic(path, group)) for path, group in static.items()}
        self._merged.clear()

    def slot(self, path: str) -> Slot | None:
        """Every route that this path could mean, whatever the method."""
        found = self._static.get(path)
        return self._search(path, path.split("/")) if found is None else found

    def run(self, exchange: Incoming, router: Any) -> Coroutine[Any, Any, None] | None:
        """The run of the route that takes this HTTP request; None where more than this table has to be asked.

        ``router`` is the one whose table it is.
        """
        if not self._alone or not isinstance(exchange, Exchange):
            return None
        http = exchange  # the compiler knows this one for an Exchange
        if http.root_path or http.path_params or http.body_limit is not None:
            return None
        path = exchange.path
        pieces = None
        slot = self._static.get(path)
        if slot is None:
            pieces = path.split("/")
            slot = self._search(path, pieces)
            if slot is None:
                return None
        entry = slot.by_method.get(exchange.method, slot.any_method)
        if entry is None or entry.enter is not None or entry.max_body_size is not None:
            return None
        if not entry.whole_segments:
            if entry.whole_segments is None:
                return None
            params = {}
        else:
            try:
                params = entry.params_of(path.split("/") if pieces is None else pieces)
            except ValueError:
                return None  # the right form, and still no value
        if http.router is None:
            http.router = router
            if http._scope is not None:
                http._scope["router"] = router
        http.matched(entry.route, entry.endpoint, params)
        return entry.route.run(exchange)  # type: ignore[no-any-return]  # a route of any kind

    # ---- building

    def _plant(self, entry: Entry) -> None:
        node = self._root
        for segment in entry.template.segments[1:]:
            if spans_segments(segment):
                node.tails.append((entry.template.regex, Slot([entry])))
                return
            node = node.child(segment)
        node.ends.append(entry)

    def _with_dynamic(self, path: str, group: list[Entry]) -> list[Entry]:
        dynamic = self._search(path, path.split("/"))
        return group if dynamic is None else group + dynamic.entries

    # ---- searching

    def _search(self, path: str, segments: list[str]) -> Slot | None:
        """Every route with parameters that this path could mean, by its segments."""
        if segments[0]:
            return None  # it does not begin with a slash
        node = self._root
        for segment in segments[1:]:
            if node.branches:
                return self._search_branches(path, segments)
            onward = node.literals.get(segment)
            if node.accepts is not None and node.accepts(segment):
                if onward is not None:
                    return self._search_branches(path, segments)
                onward = node.onward
            if onward is None:
                return None
            node = onward
        return self._search_branches(path, segments) if node.branches else node.slot

    def _search_branches(self, path: str, segments: list[str]) -> Slot | None:
        """``_search`` where a path may lead to several places."""
        end = len(segments)
        hits: list[Slot] = []
        waiting: list[tuple[Node, int]] = []
        node, place = self._root, 1
        while True:
            if node.tails:
                hits += [slot for regex, slot in node.tails if regex.fullmatch(path)]
            onward = None
            if place == end:
                if node.slot is not None:
                    hits.append(node.slot)
            else:
                segment = segments[place]
                place += 1
                onward = node.literals.get(segment)
                for accepts, child in node.patterns.values():
                    if accepts(segment):
                        if onward is None:
                            onward = child
                        else:
                            waiting.append((child, place))
            if onward is not None:
                node = onward
            elif waiting:
                node, place = waiting.pop()
            else:
                break
        if len(hits) < 2:
            return hits[0] if hits else None
        return self._merge(hits)

    def _merge(self, hits: list[Slot]) -> Slot:
        key = tuple(map(id, hits))
        slot = self._merged.get(key)
        if slot is None:
            if len(self._merged) >= _MERGED_LIMIT:
                self._merged.clear()
            slot = self._merged[key] = Slot([entry for hit in hits for entry in hit.entries])
        return slot


def whole_segments(template: Template) -> list[tuple[str, Convertor[Any] | None, int]] | None:
    found: list[tuple[str, Convertor[Any] | None, int]] = []
    for place, segment in enumerate(template.segments):
        params = [token for token in segment if isinstance(token, Parameter)]
        if not params:
            continue
        if len(segment) > 1 or spans_segments(segment):
            return None
        convertor = params[0].convertor
        found.append((params[0].name, None if type(convertor) is StringConvertor else convertor, place))
    return found


def segment_test(segment: Segment) -> tuple[Callable[[str], Any], str]:
    """A test for one segment of a path, and a key that equal tests share."""
    if len(segment) == 1 and isinstance(segment[0], Parameter):
        if type(segment[0].convertor) is StringConvertor:
            return bool, StringConvertor.regex  # what has no slash and is not empty
        pattern = segment[0].convertor.regex
    else:
        pattern = "".join(re.escape(t) if isinstance(t, str) else f"(?:{t.convertor.regex})" for t in segment)
    return re.compile(pattern).fullmatch, pattern
