"""``Depends()`` and ``Security()`` as users call them: typed as the value they stand for."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from hanok.dependencies import declared


def Depends(
    dependency: Callable[..., Any] | None = None,
    *,
    use_cache: bool = True,
    scope: declared.Scope | None = None,
    max_concurrency: int | None = None,
) -> Any:
    """Declare that an argument is made by ``dependency``, or by its own annotation if none is given."""
    return declared.Depends(dependency=dependency, use_cache=use_cache, scope=scope, max_concurrency=max_concurrency)


def Security(
    dependency: Callable[..., Any] | None = None,
    *,
    scopes: Sequence[str] | None = None,
    use_cache: bool = True,
) -> Any:
    """``Depends`` with OAuth2 scopes."""
    return declared.Security(dependency=dependency, scopes=scopes, use_cache=use_cache)
