"""What a request and a response are. What enters: an Exchange, or an ASGI scope with its two channels. What
leaves: a Request to read from, and a Response that answers an exchange with ``send``. Read ``connection``
and ``request`` first, then ``response``; each noun (URL, Headers, multi-dicts, cookies, forms, files,
streams) has a file of its name.

Everything that a request derives (headers, query, cookies, form) is built on first touch and kept on the
exchange, so that all who look at it, as a Request or by ``headers_of``, ``query_params_of``, ``cookies_of``
and ``form_of``, share it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from hanok.exceptions import ClientDisconnect
from hanok.http import status
from hanok.http.background import BackgroundTask, BackgroundTasks
from hanok.http.concurrency import (
    contextmanager_in_threadpool,
    iterate_in_threadpool,
    run_in_threadpool,
    run_until_first_complete,
)
from hanok.http.connection import HTTPConnection
from hanok.http.cookies import cookies_of, parse_cookies
from hanok.http.default import Default, DefaultPlaceholder
from hanok.http.headers import Headers, MutableHeaders, headers_of
from hanok.http.inspection import inline, is_async_callable
from hanok.http.json_response import JSONResponse, ORJSONResponse, UJSONResponse
from hanok.http.multidict import FormData, ImmutableMultiDict, MultiDict, QueryParams
from hanok.http.query import parse_query, query_params_of
from hanok.http.redirect import RedirectResponse
from hanok.http.request import Request
from hanok.http.response import HTMLResponse, PlainTextResponse, Response
from hanok.http.state import State
from hanok.http.streaming import StreamingResponse
from hanok.http.upload import UploadFile
from hanok.http.url import URL, Address, URLPath
from hanok.lazy import lazy_names

if TYPE_CHECKING:
    from hanok.http.config import CommaSeparatedStrings, Config, Environ, Secret
    from hanok.http.files import FileResponse
    from hanok.http.forms import FormParser, MultiPartException, MultiPartParser, form_of
    from hanok.http.sse import EventSourceResponse, ServerSentEvent
    from hanok.http.staticfiles import NotModifiedResponse, StaticFiles
    from hanok.http.templating import Jinja2Templates

# Loaded when first named: most applications never do, and importing them costs.
__getattr__ = lazy_names(
    __name__,
    {
        "CommaSeparatedStrings": ".config",
        "Config": ".config",
        "Environ": ".config",
        "EventSourceResponse": ".sse",
        "FileResponse": ".files",
        "FormParser": ".forms",
        "Jinja2Templates": ".templating",
        "MultiPartException": ".forms",
        "MultiPartParser": ".forms",
        "NotModifiedResponse": ".staticfiles",
        "Secret": ".config",
        "ServerSentEvent": ".sse",
        "StaticFiles": ".staticfiles",
        "form_of": ".forms",
    },
)


__all__ = [
    "URL",
    "Address",
    "BackgroundTask",
    "BackgroundTasks",
    "ClientDisconnect",
    "CommaSeparatedStrings",
    "Config",
    "Default",
    "DefaultPlaceholder",
    "Environ",
    "EventSourceResponse",
    "FileResponse",
    "FormData",
    "FormParser",
    "HTMLResponse",
    "HTTPConnection",
    "Headers",
    "ImmutableMultiDict",
    "JSONResponse",
    "Jinja2Templates",
    "MultiDict",
    "MultiPartException",
    "MultiPartParser",
    "MutableHeaders",
    "NotModifiedResponse",
    "ORJSONResponse",
    "PlainTextResponse",
    "QueryParams",
    "RedirectResponse",
    "Request",
    "Response",
    "Secret",
    "ServerSentEvent",
    "State",
    "StaticFiles",
    "StreamingResponse",
    "UJSONResponse",
    "URLPath",
    "UploadFile",
    "contextmanager_in_threadpool",
    "cookies_of",
    "form_of",
    "headers_of",
    "inline",
    "is_async_callable",
    "iterate_in_threadpool",
    "parse_cookies",
    "parse_query",
    "query_params_of",
    "run_in_threadpool",
    "run_until_first_complete",
    "status",
]
