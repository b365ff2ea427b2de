"""DeclaredRoute: what APIRoute and APIWebSocketRoute have in common, and how they come to run."""

from __future__ import annotations

from functools import cached_property
from operator import is_
from typing import TYPE_CHECKING, Any, ClassVar

from hanok import dependencies as needs
from hanok import params
from hanok.gateways import NativeApp
from hanok.routing.base import VIEW
from hanok.routing.template_route import TemplateRoute

if TYPE_CHECKING:
    from hanok.dependencies import Dependant
    from hanok.endpoint.run import Run
    from hanok.exchange import Exchange, WebSocketExchange
    from hanok.routing.inherited import Inherited


class OperationApp(NativeApp):
    """The application of an API route; compiled on its first request."""

    __slots__ = ("route",)

    def __init__(self, route: DeclaredRoute) -> None:
        self.route = route

    def handle(self, exchange: Exchange | WebSocketExchange) -> Any:
        route = self.route
        if route.is_included and exchange._scope is not None:
            route = route.seen_in(exchange._scope)
        return route.compiled()(exchange)


class DeclaredRoute(TemplateRoute):
    """What the two kinds have in common: a dependant, and being seen through an included router."""

    dependencies: list[Any]
    is_included = False
    _compiled: Run | None = None
    _read_as: tuple[Any, ...] = ()
    # What follows from path and inheritance, and is found again for each inclusion.
    _derived: ClassVar[tuple[str, ...]] = ("dependant",)

    @cached_property
    def dependant(self) -> Dependant:
        """What the endpoint and the dependencies declared beside it need."""
        names = frozenset(self.param_convertors)
        self._read_as = declaration_of(self.endpoint)
        dependant = needs.read_dependant(self.endpoint, path=self.path_format, path_names=names)
        dependant.dependencies[:0] = [
            needs.extra_dependant(declared, path=self.path_format, path_names=names) for declared in self.dependencies
        ]
        return dependant

    @property
    def is_read(self) -> bool:
        """Whether the endpoint still declares what was read. Packages for views in classes change it before they include the
        router: which class ``self`` is, is known only when the class has been made.
        """
        now = declaration_of(self.endpoint)
        return len(now) == len(self._read_as) and all(map(is_, now, self._read_as))

    def look_up_names(self) -> None:
        """Read the declaration again if it named what was defined after it: by now the module has run to its end."""
        if needs_names(self.dependant):
            self._forget()

    def _forget(self) -> None:
        for name in self._derived:
            self.__dict__.pop(name, None)

    def compiled(self) -> Run:
        """The compiled endpoint; it takes the place of ``run`` where nothing stands before it."""
        run = self._compiled
        if run is None:
            self.look_up_names()  # before it is asked for its handler
            run = self._compiled = self._compile()
            if isinstance(self._app, OperationApp) and self.run == self._handler:
                # Routers call the attribute, so that nothing stands in between.
                self.run = run  # type: ignore[method-assign, assignment]
        return run

    def _compile(self) -> Run:
        raise NotImplementedError

    def _clone(self, inherited: Inherited) -> Any:
        clone = super()._clone(inherited)
        clone.__dict__.pop("_compiled", None)
        clone._forget()
        clone.is_included = False
        return clone

    def _reattach(self, clone: Any) -> None:
        """Let the clone run its own compilation, behind whatever was put around the original's."""
        if isinstance(self._app, OperationApp):
            clone.app = OperationApp(clone)
            return
        clone.app = self._app
        self.is_included = True
        behind = clone.run

        async def run(exchange: Exchange | WebSocketExchange) -> None:
            exchange.scope[VIEW] = clone
            await behind(exchange)

        clone.run = run


def declaration_of(endpoint: Any) -> tuple[Any, ...]:
    """What an endpoint is read from, as far as it is put there whole."""
    return (endpoint, *(getattr(endpoint, name, None) for name in ("__signature__", "__defaults__", "__kwdefaults__")))


def needs_names(dependant: Dependant) -> bool:
    """Whether a parameter somewhere in the tree is annotated with a name that was not known."""
    every = (
        dependant.path_params,
        dependant.query_params,
        dependant.header_params,
        dependant.cookie_params,
        dependant.body_params,
    )
    if any(params.has_unknown_names(each.annotation) for several in every for each in several):
        return True
    return any(needs_names(each) for each in dependant.dependencies)
