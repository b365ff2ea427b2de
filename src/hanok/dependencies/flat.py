"""Flat: every call of a dependency tree once, in the order in which it must happen.

The tree is walked from the leaves up, as it was declared. A call that may share its value with an earlier one of the same
cache key becomes a reference to that one. ``occurrences`` keeps every visit of the walk, shared ones too: the careful path
follows it, because each visit validates its own parameters (and reports its own errors).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from hanok.dependencies.dependant import Dependant, Injected, read_dependant
from hanok.params import Parameter

Overrides = Mapping[Callable[..., Any], Callable[..., Any]]
Source = Parameter | Injected | int  # an int is the index of the node whose value it is


@dataclass(frozen=True, slots=True)
class Node:
    """One call. ``sources`` says for each argument where its value comes from."""

    index: int
    dependant: Dependant
    sources: dict[str, Source]
    needed: bool  # whether somebody takes the value; dependencies=[...] are run for their effect

    @property
    def call(self) -> Callable[..., Any]:
        return self.dependant.call


@dataclass(frozen=True, slots=True)
class Occurrence:
    """One visit of the walk: the node it leads to, and the visits directly below it."""

    node: int
    dependant: Dependant
    below: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Flat:
    """``nodes`` in running order, the endpoint last. ``calls`` is what an override could replace."""

    nodes: tuple[Node, ...]
    occurrences: tuple[Occurrence, ...]
    calls: frozenset[Callable[..., Any]]

    @property
    def endpoint(self) -> Node:
        return self.nodes[-1]


def flatten(
    root: Dependant, overrides: Overrides | None = None, later: Overrides | None = None, begun: int = 0
) -> Flat:
    """The plan of a tree, with overridden calls replaced by their substitutes (and what those depend on).

    ``later`` counts instead of ``overrides`` for what is visited after the first ``begun`` nodes.
    """
    walk = _Walk(overrides or {}, later, begun)
    walk.visit(root)
    return Flat(tuple(walk.nodes), tuple(walk.occurrences), frozenset(walk.calls))


class _Walk:
    def __init__(self, overrides: Overrides, later: Overrides | None, begun: int) -> None:
        self.overrides = overrides
        self.later = overrides if later is None else later
        self.begun = begun
        self.nodes: list[Node] = []
        self.occurrences: list[Occurrence] = []
        self.calls: set[Callable[..., Any]] = set()
        self.shared: dict[tuple[Any, ...], int] = {}

    def visit(self, dependant: Dependant, is_root: bool = True) -> int:
        """Visit a Dependant and all below it; returns the index of its occurrence."""
        if not is_root:
            self.calls.add(dependant.call)
            overrides = self.overrides if len(self.nodes) < self.begun else self.later
            substitute = overrides.get(dependant.call)
            if substitute is not None:
                dependant = _substituted(dependant, substitute)
        below = []
        sources: dict[str, Source] = {}
        for each in dependant.dependencies:
            at = self.visit(each, is_root=False)
            below.append(at)
            if each.name is not None:
                sources[each.name] = self.occurrences[at].node
        self.occurrences.append(Occurrence(self._node(dependant, sources, is_root), dependant, tuple(below)))
        return len(self.occurrences) - 1

    def _node(self, dependant: Dependant, sources: dict[str, Source], is_root: bool) -> int:
        if dependant.use_cache and not is_root and dependant.cache_key in self.shared:
            return self.shared[dependant.cache_key]
        for parameters in (
            dependant.path_params,
            dependant.query_params,
            dependant.header_params,
            dependant.cookie_params,
            dependant.body_params,
        ):
            sources.update((parameter.name, parameter) for parameter in parameters)
        sources.update(dependant.injected)
        index = len(self.nodes)
        self.nodes.append(Node(index, dependant, sources, dependant.name is not None))
        # A value made for one place only (use_cache=False) still serves those that do accept a shared one.
        self.shared.setdefault(dependant.cache_key, index)
        return index


def _substituted(dependant: Dependant, substitute: Callable[..., Any]) -> Dependant:
    made = read_dependant(
        substitute,
        path=dependant.path,
        path_names=dependant.path_names,
        name=dependant.name,
        parent_oauth_scopes=dependant.oauth_scopes,
    )
    made.use_cache = dependant.use_cache
    made.scope = dependant.scope
    made.limit = dependant.limit
    return made


def _all(dependant: Dependant, attribute: str) -> list[Parameter]:
    found = list(getattr(dependant, attribute))
    for each in dependant.dependencies:
        found += _all(each, attribute)
    return found


def merged(root: Dependant) -> Dependant:
    """One Dependant with the Parameters of the whole tree, its own first: what OpenAPI and the body need."""
    whole = Dependant(root.call, name=root.name, path=root.path, use_cache=root.use_cache)
    for attribute in ("path_params", "query_params", "header_params", "cookie_params", "body_params"):
        setattr(whole, attribute, _all(root, attribute))
    whole.dependencies = list(root.dependencies)
    return whole
