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

from hanok.lazy import lazy_names

if TYPE_CHECKING:
    from hanok.exceptions import ClientDisconnect
    from hanok.http import status
    from hanok.http.background import BackgroundTask, BackgroundTasks
    from hanok.http.concurrency import (
        contextmanager_in_threadpool,
        iterate_in_threadpool,
        run_in_threadpool,
        run_until_first_complete,
    )
    from hanok.http.config import CommaSeparatedStrings, Config, Environ, Secret
    from hanok.http.connection import HTTPConnection
    from hanok.http.cookies import cookies_of, parse_cookies
    from hanok.http.default import Default, DefaultPlaceholder
    from hanok.http.files import FileResponse
    from hanok.http.forms import FormParser, MultiPartException, MultiPartParser, form_of
    from hanok.http.headers import Headers, MutableHeaders, headers_of
    from hanok.http.inspection import inline, is_async_callable
    from hanok.http.json_response import JSONResponse, ORJSONResponse, UJSONResponse
    from hanok.http.multidict import FormData, ImmutableMultiDict, MultiDict, QueryParams
    from hanok.http.query import parse_query, query_params_of
    from hanok.http.redirect import RedirectResponse
    from hanok.http.request import Request
    from hanok.http.response import HTMLResponse, PlainTextResponse, Response
    from hanok.http.sse import EventSourceResponse, ServerSentEvent
    from hanok.http.state import State
    from hanok.http.staticfiles import NotModifiedResponse, StaticFiles
    from hanok.http.streaming import StreamingResponse
    from hanok.http.templating import Jinja2Templates
    from hanok.http.upload import UploadFile
    from hanok.http.url import URL, Address, URLPath, split_authority

# Loaded when first named.
__getattr__ = lazy_names(
    __name__,
    {
        "Address": ".url",
        "BackgroundTask": ".background",
        "BackgroundTasks": ".background",
        "ClientDisconnect": "hanok.exceptions",
        "CommaSeparatedStrings": ".config",
        "Config": ".config",
        "Default": ".default",
        "DefaultPlaceholder": ".default",
        "Environ": ".config",
        "EventSourceResponse": ".sse",
        "FileResponse": ".files",
        "FormData": ".multidict",
        "FormParser": ".forms",
        "HTMLResponse": ".response",
        "HTTPConnection": ".connection",
        "Headers": ".headers",
        "ImmutableMultiDict": ".multidict",
        "JSONResponse": ".json_response",
        "Jinja2Templates": ".templating",
        "MultiDict": ".multidict",
        "MultiPartException": ".forms",
        "MultiPartParser": ".forms",
        "MutableHeaders": ".headers",
        "NotModifiedResponse": ".staticfiles",
        "ORJSONResponse": ".json_response",
        "PlainTextResponse": ".response",
        "QueryParams": ".multidict",
        "RedirectResponse": ".redirect",
        "Request": ".request",
        "Response": ".response",
        "Secret": ".config",
        "ServerSentEvent": ".sse",
        "State": ".state",
        "StaticFiles": ".staticfiles",
        "StreamingResponse": ".streaming",
        "UJSONResponse": ".json_response",
        "URL": ".url",
        "URLPath": ".url",
        "UploadFile": ".upload",
        "contextmanager_in_threadpool": ".concurrency",
        "cookies_of": ".cookies",
        "form_of": ".forms",
        "headers_of": ".headers",
        "inline": ".inspection",
        "is_async_callable": ".inspection",
        "iterate_in_threadpool": ".concurrency",
        "parse_cookies": ".cookies",
        "parse_query": ".query",
        "query_params_of": ".query",
        "run_in_threadpool": ".concurrency",
        "run_until_first_complete": ".concurrency",
        "split_authority": ".url",
        "status": ".",
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
    "split_authority",
    "status",
]
