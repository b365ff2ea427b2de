"""The reference: which public names it has, and on which page. Signatures and docstrings come from the source when the site
is built; ``hooks`` makes the pages. A name that is not there ends the build, and a test finds what is offered and not here.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field


@dataclass(frozen=True)
class ReferencePage:
    title: str
    about: str
    names: dict[str, str]
    """Names, by the module that they are imported from."""
    options: dict[str, str] = field(default_factory=dict)
    """TypedDicts, whose fields say everything: they are shown as they are written."""

    @property
    def text(self) -> str:
        parts = [f"# {self.title}", self.about]
        parts += [f"::: {name}" for name in whole(self.names)]
        parts += [
            f"::: {name}\n    options: {{show_source: true, members: false, inherited_members: false}}"
            for name in whole(self.options)
        ]
        return "\n\n".join(parts) + "\n"


def whole(names: dict[str, str]) -> Iterator[str]:
    """Each name with its module before it."""
    for module, listed in names.items():
        yield from (f"{module}.{name}" for name in listed.split())


PAGES = {
    "application": ReferencePage(
        "The application",
        "`from hanok import Hanok, APIRouter`. `FastAPI` is another name of `Hanok`. See the [tutorial](../tutorial.md).",
        {
            "hanok": "Hanok APIRouter inline",
            "hanok.http": "State",
            "hanok.routing": "APIRoute Route WebSocketRoute HTTPEndpoint Mount Host Convertor",
        },
        {
            "hanok.routing.options": "RouteOptions MethodOptions RouterOptions",
            "hanok.endpoint.form_limits": "FormLimits",
        },
    ),
    "parameters": ReferencePage(
        "Parameters and dependencies",
        "`from hanok import Path, Query, Header, Cookie, Body, Form, File, Depends, Security`: in a default or in `Annotated`.",
        {"hanok.params": "Path Query Header Cookie Body Form File", "hanok.dependencies": "Depends Security"},
        {"hanok.params.declared": "ParamOptions"},
    ),
    "requests": ReferencePage(
        "Requests",
        "`from hanok import Request, UploadFile`; the others are in `hanok.http`.",
        {
            "hanok": "Request UploadFile",
            "hanok.http": "HTTPConnection Headers QueryParams FormData MultiDict ImmutableMultiDict URL Address "
            "ClientDisconnect",
        },
    ),
    "responses": ReferencePage(
        "Responses",
        "`from hanok import Response, BackgroundTasks`; the others are in `hanok.http`.",
        {
            "hanok": "Response BackgroundTasks",
            "hanok.http": "JSONResponse HTMLResponse PlainTextResponse RedirectResponse StreamingResponse FileResponse "
            "EventSourceResponse ServerSentEvent StaticFiles Jinja2Templates MutableHeaders BackgroundTask",
        },
    ),
    "errors": ReferencePage(
        "Errors",
        "`from hanok import HTTPException`; all of them are in `hanok.exceptions`.",
        {
            "hanok": "HTTPException WebSocketException",
            "hanok.exceptions": "HTTPError RequestValidationError ResponseValidationError "
            "WebSocketRequestValidationError",
        },
    ),
    "websockets": ReferencePage(
        "WebSockets",
        "`from hanok import WebSocket, WebSocketDisconnect`; the others are in `hanok.websockets`.",
        {"hanok": "WebSocket WebSocketDisconnect", "hanok.websockets": "WebSocketState WebSocketEndpoint"},
    ),
    "security": ReferencePage(
        "Security schemes",
        "`from hanok.security import …`. Each scheme is a dependency, and is told in the OpenAPI document.",
        {
            "hanok.security": "OAuth2PasswordBearer OAuth2PasswordRequestForm OAuth2PasswordRequestFormStrict "
            "OAuth2AuthorizationCodeBearer OAuth2 SecurityScopes HTTPBearer HTTPBasic HTTPDigest HTTPBasicCredentials "
            "HTTPAuthorizationCredentials APIKeyHeader APIKeyQuery APIKeyCookie OpenIdConnect"
        },
    ),
    "middleware": ReferencePage(
        "Middleware",
        "`from hanok.middleware import …`, for `app.add_middleware(…)`. Any ASGI middleware works, too. One of your own that "
        "inherits from `NativeMiddleware` is given the `Exchange`.",
        {
            "hanok.middleware": "Middleware CORSMiddleware GZipMiddleware TrustedHostMiddleware HTTPSRedirectMiddleware "
            "SessionMiddleware AuthenticationMiddleware RequestBodyLimitMiddleware BaseHTTPMiddleware NativeMiddleware "
            "WSGIMiddleware",
            "hanok.exchange": "Exchange WebSocketExchange",
        },
    ),
    "testing": ReferencePage(
        "Testing",
        "`from hanok.testing import …`. How they are used: [Testing](../testing.md).",
        {"hanok.testing": "TestClient LiveServer WebSocketTestSession WebSocketDenialResponse"},
    ),
    "helpers": ReferencePage(
        "JSON, OpenAPI and threads",
        "What applications call by themselves now and then.",
        {
            "hanok.serialization": "jsonable_encoder",
            "hanok.openapi": "get_openapi get_swagger_ui_html get_redoc_html",
            "hanok.http": "run_in_threadpool iterate_in_threadpool contextmanager_in_threadpool",
        },
    ),
}


def uri(page: str) -> str:
    return f"reference/{page}.md"


def places() -> dict[str, str]:
    """The last part of each name, with its place in the site."""
    return {
        name.rpartition(".")[2]: f"{uri(page)}#{name}"
        for page, content in PAGES.items()
        for name in (*whole(content.names), *whole(content.options))
    }
