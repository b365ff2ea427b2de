"""Templates: Jinja2, which must be installed, with the request and ``url_for`` in every context."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from hanok.http.background import BackgroundTask
from hanok.http.response import HTMLResponse

try:
    import jinja2
except ImportError:  # pragma: no cover - said when Jinja2Templates is made, not when it is imported
    jinja2 = None  # type: ignore[assignment]  # asked for before it is used

if TYPE_CHECKING:
    from hanok.exchange import AnyExchange
    from hanok.http.request import Request
    from hanok.http.url import URL

PathLike = str | os.PathLike[str]


class TemplateResponse(HTMLResponse):
    """A rendered template, which remembers the template and its context for tests to look at."""

    def __init__(
        self,
        template: Any,
        context: dict[str, Any],
        status_code: int = 200,
        headers: Mapping[str, str] | None = None,
        media_type: str | None = None,
        background: BackgroundTask | None = None,
    ) -> None:
        self.template = template
        self.context = context
        super().__init__(template.render(context), status_code, headers, media_type, background)

    async def handle(self, exchange: AnyExchange) -> None:
        send = getattr(exchange, "asgi_send", None)
        if send is not None and "http.response.debug" in exchange.scope.get("extensions", {}):
            info = {"template": self.template, "context": self.context}
            await send({"type": "http.response.debug", "info": info})
        await super().handle(exchange)


class Jinja2Templates:
    """Templates from ``directory`` (one or several), or of an environment of your own.

    Each of ``context_processors`` takes the request and returns what it adds to the context. Raises
    AssertionError unless exactly one of ``directory`` and ``env`` is given.
    """

    def __init__(
        self,
        directory: PathLike | Sequence[PathLike] | None = None,
        *,
        context_processors: list[Callable[[Request], dict[str, Any]]] | None = None,
        env: jinja2.Environment | None = None,
    ) -> None:
        if jinja2 is None:  # pragma: no cover  # it is always installed for the tests
            raise AssertionError("jinja2 must be installed to use Jinja2Templates")
        if (directory is None) == (env is None):
            raise AssertionError("either 'directory' or 'env' arguments must be passed")
        if env is None:
            assert directory is not None
            env = jinja2.Environment(loader=jinja2.FileSystemLoader(directory), autoescape=jinja2.select_autoescape())
        self.env = env
        self.env.globals.setdefault("url_for", _url_for)
        self.context_processors = context_processors or []

    def get_template(self, name: str) -> jinja2.Template:
        """Raises ``jinja2.TemplateNotFound``."""
        return self.env.get_template(name)

    def TemplateResponse(
        self,
        request: Request,
        name: str,
        context: dict[str, Any] | None = None,
        status_code: int = 200,
        headers: Mapping[str, str] | None = None,
        media_type: str | None = None,
        background: BackgroundTask | None = None,
    ) -> TemplateResponse:
        """The template of this name, rendered."""
        context = {} if context is None else context
        context.setdefault("request", request)
        for processor in self.context_processors:
            context.update(processor(request))
        return TemplateResponse(self.get_template(name), context, status_code, headers, media_type, background)


def _url_for(context: Any, name: str, /, **path_params: Any) -> URL:
    request: Request = context["request"]
    return request.url_for(name, **path_params)


if jinja2 is not None:
    _url_for = jinja2.pass_context(_url_for)
