"""SchemaGenerator: an OpenAPI document made of the YAML in docstrings, for plain routes (Starlette's way)."""

from __future__ import annotations

import inspect
import re
from collections.abc import Callable, Iterator
from importlib import import_module
from typing import Any, NamedTuple

from hanok.http import Request, Response
from hanok.routing import BaseRoute, Host, Mount, Route

METHODS = ("get", "post", "put", "patch", "delete", "options", "query")
CONVERTOR = re.compile(r":\w+}")


class OpenAPIResponse(Response):
    """A document as YAML."""

    media_type = "application/vnd.oai.openapi"

    def render(self, content: Any) -> bytes:
        if not isinstance(content, dict):
            raise AssertionError("The schema passed to OpenAPIResponse should be a dictionary.")
        text: str = _yaml().dump(content, default_flow_style=False)
        return text.encode()


class EndpointInfo(NamedTuple):
    """One method of one path, and the function that answers it."""

    path: str
    http_method: str
    func: Callable[..., Any]


class BaseSchemaGenerator:
    """Gathers endpoints; a subclass makes a document of them in ``get_schema``."""

    def get_schema(self, routes: list[BaseRoute]) -> dict[str, Any]:
        raise NotImplementedError

    def get_endpoints(self, routes: list[BaseRoute]) -> list[EndpointInfo]:
        """Every endpoint that is to be shown, through mounts and hosts."""
        return list(self._endpoints(routes, ""))

    def _endpoints(self, routes: list[BaseRoute], prefix: str) -> Iterator[EndpointInfo]:
        for route in routes:
            if isinstance(route, Mount | Host):
                below = prefix + (self._remove_converter(route.path) if isinstance(route, Mount) else "")
                yield from self._endpoints(route.routes or [], below)
            elif isinstance(route, Route) and route.include_in_schema:
                path = prefix + self._remove_converter(route.path)
                if inspect.isroutine(route.endpoint):
                    for method in sorted(route.methods or ["GET"]):
                        if method != "HEAD":
                            yield EndpointInfo(path, method.lower(), route.endpoint)
                else:
                    for name in METHODS:
                        if hasattr(route.endpoint, name):
                            yield EndpointInfo(path, name, getattr(route.endpoint, name))

    def _remove_converter(self, path: str) -> str:
        """``/{id:int}`` → ``/{id}``."""
        return CONVERTOR.sub("}", path)

    def parse_docstring(self, func_or_method: Callable[..., Any]) -> dict[str, Any]:
        """The YAML in a docstring, below ``---`` if there is one; empty if there is none."""
        docstring = (func_or_method.__doc__ or "").rpartition("---")[2]
        parsed = _yaml().safe_load(docstring)
        return parsed if isinstance(parsed, dict) else {}  # plain words are a text to YAML

    def OpenAPIResponse(self, request: Request) -> Response:
        """The document of the application that answers the request."""
        return OpenAPIResponse(self.get_schema(request.app.routes))


class SchemaGenerator(BaseSchemaGenerator):
    """Puts the endpoints that say something of themselves below the ``paths`` of a base document."""

    def __init__(self, base_schema: dict[str, Any]) -> None:
        self.base_schema = base_schema

    def get_schema(self, routes: list[BaseRoute]) -> dict[str, Any]:
        paths: dict[str, dict[str, Any]] = {**self.base_schema.get("paths", {})}
        version = str(self.base_schema.get("openapi", "")).split(".")[:2]
        knows_query = version >= ["3", "2"]  # OpenAPI 3.2 §4.9: the first with the method QUERY
        for path, method, function in self.get_endpoints(routes):
            if method == "query" and not knows_query:
                continue
            if described := self.parse_docstring(function):
                paths[path] = {**paths.get(path, {}), method: described}
        return {**self.base_schema, "paths": paths}


def _yaml() -> Any:
    try:
        return import_module("yaml")
    except ImportError:
        raise AssertionError("`pyyaml` must be installed to use SchemaGenerator.") from None
