"""Dependant: a callable and everything it needs, as a tree of plain data."""

from __future__ import annotations

import dataclasses
import inspect
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from enum import Enum
from functools import cached_property, partial
from os.path import basename
from typing import Any

from hanok.dependencies.declared import Depends, Limit, Scope, Security
from hanok.exceptions import DeclarationError, DependencyScopeError
from hanok.http import BackgroundTasks, HTTPConnection, Request, Response
from hanok.http.inspection import faces, is_inline
from hanok.params import Argument, Parameter, Place, read_parameter, read_signature
from hanok.params.annotation import is_class, members
from hanok.params.declared import Declared
from hanok.params.read import declaration_in
from hanok.params.signature import REQUIRED
from hanok.security import SecurityBase, SecurityScopes
from hanok.websockets import WebSocket


class CallKind(Enum):
    """How a callable is run."""

    ASYNC = "async"
    SYNC = "sync"  # in a thread
    ASYNC_GENERATOR = "async generator"
    GENERATOR = "generator"  # each half in a thread
    INLINE = "inline"  # sync, but marked as never blocking: in the event loop
    INLINE_GENERATOR = "inline generator"

    @property
    def yields(self) -> bool:
        return self in (CallKind.ASYNC_GENERATOR, CallKind.GENERATOR, CallKind.INLINE_GENERATOR)


class Injected(Enum):
    """Arguments that are not read from the request but are parts of it, recognised by their type."""

    REQUEST = "request"
    WEBSOCKET = "websocket"
    CONNECTION = "connection"
    RESPONSE = "response"
    BACKGROUND_TASKS = "background tasks"
    SECURITY_SCOPES = "security scopes"


# The order matters: Request and WebSocket are HTTPConnections.
_INJECTED_TYPES: tuple[tuple[type, Injected], ...] = (
    (Request, Injected.REQUEST),
    (WebSocket, Injected.WEBSOCKET),
    (HTTPConnection, Injected.CONNECTION),
    (Response, Injected.RESPONSE),
    (BackgroundTasks, Injected.BACKGROUND_TASKS),
    (SecurityScopes, Injected.SECURITY_SCOPES),
)

_KIND_TESTS: tuple[tuple[Callable[[Any], bool], CallKind], ...] = (
    (inspect.isasyncgenfunction, CallKind.ASYNC_GENERATOR),
    (inspect.isgeneratorfunction, CallKind.GENERATOR),
    (inspect.iscoroutinefunction, CallKind.ASYNC),
)

# What ``inline`` makes of a kind.
_MARKED = {CallKind.SYNC: CallKind.INLINE, CallKind.GENERATOR: CallKind.INLINE_GENERATOR}


def call_kind(call: Callable[..., Any]) -> CallKind:
    """How ``call`` must be run, looking behind partials, ``functools.wraps`` and ``__call__`` methods."""
    kind = _kind_as_written(call)
    return _MARKED.get(kind, kind) if is_inline(call) else kind


def _kind_as_written(call: Callable[..., Any]) -> CallKind:
    if inspect.isclass(call):
        return CallKind.SYNC
    for face in faces(call):
        for test, kind in _KIND_TESTS:
            if test(face):
                return kind
    return CallKind.SYNC


def _nothing() -> None:
    """Stands for the callable of a Dependant that only holds Parameters together."""


@dataclass(eq=False)
class Dependant:
    """One callable: what it reads from the request, what is injected into it, what it depends on."""

    call: Callable[..., Any] = _nothing
    name: str | None = None
    path: str = ""
    path_params: list[Parameter] = field(default_factory=list)
    query_params: list[Parameter] = field(default_factory=list)
    header_params: list[Parameter] = field(default_factory=list)
    cookie_params: list[Parameter] = field(default_factory=list)
    body_params: list[Parameter] = field(default_factory=list)
    dependencies: list[Dependant] = field(default_factory=list)
    injected: dict[str, Injected] = field(default_factory=dict)
    own_oauth_scopes: tuple[str, ...] = ()
    parent_oauth_scopes: tuple[str, ...] = ()
    use_cache: bool = True
    scope: Scope | None = None
    limit: Limit | None = None
    path_names: frozenset[str] = frozenset()

    @cached_property
    def kind(self) -> CallKind:
        return call_kind(self.call)

    @property
    def oauth_scopes(self) -> list[str]:
        """The scopes asked for above this callable and by its own declaration, each once."""
        return list(dict.fromkeys((*self.parent_oauth_scopes, *self.own_oauth_scopes)))

    @property
    def security_scheme(self) -> SecurityBase | None:
        """The security scheme that this callable is, if it is one."""
        face: Any = self.call
        while isinstance(face, partial) or hasattr(face, "__wrapped__"):
            face = face.func if isinstance(face, partial) else face.__wrapped__
        return face if isinstance(face, SecurityBase) else None

    @cached_property
    def uses_scopes(self) -> bool:
        """Whether the value may differ with the scopes asked for."""
        return (
            Injected.SECURITY_SCOPES in self.injected.values()
            or bool(self.own_oauth_scopes)
            or self.security_scheme is not None
            or any(each.uses_scopes for each in self.dependencies)
        )

    @property
    def ends(self) -> Scope | None:
        """When the code after ``yield`` runs; None for callables that do not yield."""
        if not self.kind.yields:
            return None
        return self.scope or "request"

    @cached_property
    def cache_key(self) -> tuple[Any, ...]:
        """Calls with the same key share one value within a request."""
        scopes = tuple(sorted(set(self.oauth_scopes))) if self.uses_scopes else ()
        return (self.call, scopes, self.ends or "")

    def parameters(self, place: Place) -> list[Parameter]:
        """The Parameters read from one part of the request."""
        return {
            Place.path: self.path_params,
            Place.query: self.query_params,
            Place.header: self.header_params,
            Place.cookie: self.cookie_params,
            Place.body: self.body_params,
        }[place]


def read_dependant(
    call: Callable[..., Any],
    *,
    path: str = "",
    path_names: frozenset[str] = frozenset(),
    name: str | None = None,
    declared: Depends | None = None,
    parent_oauth_scopes: Sequence[str] = (),
    above: tuple[Callable[..., Any], ...] = (),
) -> Dependant:
    """Read a callable's signature, and the signatures of all it depends on, into a tree.

    ``path_names`` are the parameters of the path template; ``declared`` is the ``Depends`` through which it was reached,
    ``above`` the callables on the way there. Raises AssertionError and DeclarationError for declarations that cannot work.
    """
    dependant = Dependant(
        call, name=name, path=path, path_names=path_names, parent_oauth_scopes=tuple(parent_oauth_scopes)
    )
    if declared is not None:
        dependant.use_cache = declared.use_cache
        dependant.scope = declared.scope
        dependant.limit = declared._concurrency
        if isinstance(declared, Security):
            dependant.own_oauth_scopes = tuple(declared.scopes or ())
    _refuse_circle(call, above)
    for argument in read_signature(call):
        below = _declared_dependency(argument)
        if below is not None:
            _refuse_shorter_scope(dependant, below)
            dependant.dependencies.append(
                read_dependant(
                    _dependency_of(below),
                    path=path,
                    path_names=path_names,
                    name=argument.name,
                    declared=below,
                    parent_oauth_scopes=dependant.oauth_scopes,
                    above=(*above, call),
                )
            )
        elif (part := _injected_part(argument)) is not None:
            dependant.injected[argument.name] = part
        else:
            parameter = read_parameter(argument, argument.name in path_names, path_names)
            dependant.parameters(parameter.place).append(parameter)
    return dependant


def _dependency_of(declared: Depends) -> Callable[..., Any]:
    call = declared.dependency
    if not callable(call):
        raise TypeError(f"{call!r} is not a callable object")
    return call


def extra_dependant(declared: Depends, *, path: str = "", path_names: frozenset[str] = frozenset()) -> Dependant:
    """A dependency that is declared beside the signature, in ``dependencies=[...]``."""
    if not callable(declared.dependency):
        raise AssertionError("A parameter-less dependency must have a callable dependency")
    return read_dependant(declared.dependency, path=path, path_names=path_names, declared=declared)


def _refuse_circle(call: Callable[..., Any], above: tuple[Callable[..., Any], ...]) -> None:
    begun = next((place for place, one in enumerate(above) if one is call), None)
    if begun is not None:
        circle = " → ".join(_place_of(one) for one in (*above[begun:], call))
        raise DeclarationError(
            f"Dependencies go in a circle: {circle}. Move what both need into a dependency of its own, below them."
        )


def _place_of(call: Callable[..., Any]) -> str:
    """The name of a callable, and where it was written if that is known."""
    name = getattr(call, "__name__", None) or type(call).__name__
    code = getattr(call, "__code__", None)
    return name if code is None else f"{name} ({basename(code.co_filename)}:{code.co_firstlineno})"


def _refuse_shorter_scope(dependant: Dependant, below: Depends) -> None:
    if dependant.ends == "request" and below.scope == "function":
        name = getattr(dependant.call, "__name__", repr(dependant.call))
        raise DependencyScopeError(
            f'The dependency "{name}" has a scope of "request", it cannot depend on dependencies with scope "function".'
        )


def _declared_dependency(argument: Argument) -> Depends | None:
    """The ``Depends`` of an argument, from its ``Annotated`` or its default, completed from its type."""
    annotation, infos = declaration_in(argument)
    in_annotated = [each for each in _metadata(annotation) if isinstance(each, Depends)]
    in_default = argument.default if isinstance(argument.default, Depends) else None
    if in_default is not None and in_annotated:
        raise AssertionError(
            f"Cannot specify `Depends` in `Annotated` and default value together for {argument.name!r}"
        )
    if in_default is not None and any(isinstance(each, Declared) for each in infos):
        raise AssertionError(
            "Cannot specify a FastAPI annotation in `Annotated` and `Depends` as a default value "
            f"together for {argument.name!r}"
        )
    found = in_default or (in_annotated[-1] if in_annotated else None)
    if found is not None and found.dependency is None:
        bare = annotation.__origin__ if hasattr(annotation, "__metadata__") else annotation
        found = dataclasses.replace(found, dependency=None if bare is REQUIRED else bare)
    return found


def _metadata(annotation: Any) -> tuple[Any, ...]:
    return getattr(annotation, "__metadata__", ())


def _injected_part(argument: Argument) -> Injected | None:
    annotation, infos = declaration_in(argument)
    bare = annotation.__origin__ if hasattr(annotation, "__metadata__") else annotation
    for member in members(bare):
        for base, part in _INJECTED_TYPES:
            if is_class(member, base):
                if any(isinstance(each, Declared) for each in infos) or isinstance(argument.default, Declared):
                    raise AssertionError(f"Cannot specify FastAPI annotation for type {member!r}")
                return part
    return None
