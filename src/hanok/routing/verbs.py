"""The decorators that declare operations: ``get`` … ``trace`` and ``api_route``, for routers and applications alike."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar, Unpack

from hanok.routing.options import MethodOptions, RouteOptions, takes

F = TypeVar("F", bound=Callable[..., Any])


class Verbs:
    """What ``@router.get(path, ...)`` and its like are; a class that has them gives ``_declare``."""

    __slots__ = ()

    def _declare(self, path: str, method: str | None, kind: type, options: Any) -> Callable[[F], F]:
        raise NotImplementedError

    @takes(MethodOptions)
    def api_route(self, path: str, **options: Unpack[MethodOptions]) -> Callable[[F], F]:
        """Declare an operation of any methods."""
        return self._declare(path, None, MethodOptions, options)

    @takes(RouteOptions)
    def get(self, path: str, **options: Unpack[RouteOptions]) -> Callable[[F], F]:
        """Declare a GET operation (RFC 9110 §9.3.1)."""
        return self._declare(path, "GET", RouteOptions, options)

    @takes(RouteOptions)
    def put(self, path: str, **options: Unpack[RouteOptions]) -> Callable[[F], F]:
        """Declare a PUT operation (RFC 9110 §9.3.4)."""
        return self._declare(path, "PUT", RouteOptions, options)

    @takes(RouteOptions)
    def post(self, path: str, **options: Unpack[RouteOptions]) -> Callable[[F], F]:
        """Declare a POST operation (RFC 9110 §9.3.3)."""
        return self._declare(path, "POST", RouteOptions, options)

    @takes(RouteOptions)
    def delete(self, path: str, **options: Unpack[RouteOptions]) -> Callable[[F], F]:
        """Declare a DELETE operation (RFC 9110 §9.3.5)."""
        return self._declare(path, "DELETE", RouteOptions, options)

    @takes(RouteOptions)
    def options(self, path: str, **options: Unpack[RouteOptions]) -> Callable[[F], F]:
        """Declare an OPTIONS operation (RFC 9110 §9.3.7)."""
        return self._declare(path, "OPTIONS", RouteOptions, options)

    @takes(RouteOptions)
    def head(self, path: str, **options: Unpack[RouteOptions]) -> Callable[[F], F]:
        """Declare a HEAD operation (RFC 9110 §9.3.2)."""
        return self._declare(path, "HEAD", RouteOptions, options)

    @takes(RouteOptions)
    def patch(self, path: str, **options: Unpack[RouteOptions]) -> Callable[[F], F]:
        """Declare a PATCH operation (RFC 5789 §2)."""
        return self._declare(path, "PATCH", RouteOptions, options)

    @takes(RouteOptions)
    def trace(self, path: str, **options: Unpack[RouteOptions]) -> Callable[[F], F]:
        """Declare a TRACE operation (RFC 9110 §9.3.8)."""
        return self._declare(path, "TRACE", RouteOptions, options)
