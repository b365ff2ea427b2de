"""Names that modules of theirs have because they use them, and that other packages import from there. ``REEXPORTED`` has
the form of ``table.TABLE``.
"""

from __future__ import annotations

REEXPORTED: dict[str, dict[str, str]] = {
    "fastapi._compat": {
        "fastapi.dependencies.utils": "lenient_issubclass",
    },
    "fastapi.applications": {
        "fastapi.exceptions": "FastAPIDeprecationWarning",
        "fastapi.types": "DecoratedCallable",
        "starlette.middleware.base": "BaseHTTPMiddleware",
        "starlette.middleware.errors": "ServerErrorMiddleware",
        "starlette.middleware.exceptions": "ExceptionMiddleware",
        "starlette.types": "ASGIApp ExceptionHandler Lifespan Receive Scope Send",
    },
    "fastapi.dependencies.models": {
        "fastapi.security.base": "SecurityBase",
    },
    "fastapi.dependencies.utils": {
        "fastapi": "BackgroundTasks",
        "fastapi.concurrency": "contextmanager_in_threadpool",
        "fastapi.dependencies.models": "Dependant",
        "fastapi.exceptions": "DependencyScopeError",
        "fastapi.security": "SecurityScopes",
        "starlette.concurrency": "run_in_threadpool",
        "starlette.datastructures": "ImmutableMultiDict UploadFile",
        "starlette.requests": "FormData HTTPConnection Headers QueryParams Request",
        "starlette.responses": "Response",
        "starlette.websockets": "WebSocket",
    },
    "fastapi.encoders": {
        "fastapi.exceptions": "PydanticV1NotSupportedError",
    },
    "fastapi.exception_handlers": {
        "fastapi.applications": "RequestValidationError WebSocketRequestValidationError",
        "fastapi.encoders": "jsonable_encoder",
        "fastapi.routing": "is_body_allowed_for_status_code",
        "starlette.exceptions": "HTTPException",
        "starlette.requests": "Request",
        "starlette.responses": "JSONResponse Response",
        "starlette.websockets": "WebSocket",
    },
    "fastapi.openapi.docs": {
        "fastapi.encoders": "jsonable_encoder",
        "starlette.responses": "HTMLResponse",
    },
    "fastapi.openapi.utils": {
        "fastapi.applications": "DefaultPlaceholder",
        "fastapi.dependencies.models": "Dependant",
        "fastapi.dependencies.utils": "lenient_issubclass",
        "fastapi.encoders": "jsonable_encoder",
        "fastapi.exceptions": "FastAPIDeprecationWarning",
        "fastapi.params": "Body ParamTypes",
        "fastapi.routing": "is_body_allowed_for_status_code",
        "starlette.responses": "JSONResponse Response",
        "starlette.routing": "BaseRoute",
    },
    "fastapi.params": {
        "fastapi.exceptions": "FastAPIDeprecationWarning",
    },
    "fastapi.responses": {
        "fastapi.exceptions": "FastAPIDeprecationWarning",
    },
    "fastapi.routing": {
        "fastapi.dependencies.models": "Dependant",
        "fastapi.dependencies.utils": "get_parameterless_sub_dependant get_typed_return_annotation lenient_issubclass",
        "fastapi.exceptions": "EndpointContext",
        "fastapi.responses": "EventSourceResponse",
        "fastapi.sse": "ServerSentEvent format_sse_event",
        "fastapi.types": "DecoratedCallable",
        "starlette._utils": "is_async_callable",
        "starlette.staticfiles": "StaticFiles",
        "starlette.types": "AppType",
    },
    "fastapi.security.api_key": {
        "fastapi.security.base": "SecurityBase",
        "starlette.exceptions": "HTTPException",
        "starlette.requests": "HTTPConnection",
    },
    "fastapi.security.http": {
        "fastapi": "HTTPException",
        "fastapi.security.base": "SecurityBase",
        "fastapi.security.utils": "get_authorization_scheme_param",
        "starlette.requests": "HTTPConnection",
    },
    "fastapi.security.oauth2": {
        "fastapi": "Form HTTPException",
        "fastapi.security.base": "SecurityBase",
        "fastapi.security.utils": "get_authorization_scheme_param",
        "starlette.requests": "HTTPConnection",
    },
    "fastapi.security.open_id_connect_url": {
        "fastapi.security.base": "SecurityBase",
        "starlette.exceptions": "HTTPException",
        "starlette.requests": "HTTPConnection",
    },
    "fastapi.sse": {
        "starlette.responses": "StreamingResponse",
    },
    "fastapi.utils": {
        "fastapi.applications": "DefaultPlaceholder",
        "fastapi.exceptions": "FastAPIDeprecationWarning PydanticV1NotSupportedError",
    },
    "starlette._utils": {
        "starlette.types": "Scope",
    },
    "starlette.applications": {
        "starlette.middleware.body_limit": "RequestBodyLimitMiddleware",
        "starlette.middleware.errors": "ServerErrorMiddleware",
        "starlette.middleware.exceptions": "ExceptionMiddleware",
        "starlette.types": "ASGIApp ExceptionHandler Lifespan Receive Scope Send",
    },
    "starlette.authentication": {
        "starlette._utils": "is_async_callable",
        "starlette.exceptions": "HTTPException",
        "starlette.requests": "HTTPConnection Request",
        "starlette.responses": "RedirectResponse",
        "starlette.websockets": "WebSocket",
    },
    "starlette.background": {
        "starlette._utils": "is_async_callable",
        "starlette.concurrency": "run_in_threadpool",
    },
    "starlette.concurrency": {
        "starlette.exceptions": "StarletteDeprecationWarning",
    },
    "starlette.datastructures": {
        "starlette.concurrency": "run_in_threadpool",
        "starlette.types": "Scope",
    },
    "starlette.endpoints": {
        "starlette._utils": "is_async_callable",
        "starlette.concurrency": "run_in_threadpool",
        "starlette.exceptions": "HTTPException",
        "starlette.requests": "Request",
        "starlette.responses": "PlainTextResponse Response",
        "starlette.types": "Message Receive Scope Send",
        "starlette.websockets": "WebSocket",
    },
    "starlette.formparsers": {
        "starlette.exceptions": "StarletteDeprecationWarning",
    },
    "starlette.middleware.authentication": {
        "starlette.authentication": "AuthCredentials AuthenticationBackend AuthenticationError UnauthenticatedUser",
        "starlette.requests": "HTTPConnection",
        "starlette.responses": "PlainTextResponse Response",
        "starlette.types": "ASGIApp Receive Scope Send",
    },
    "starlette.middleware.base": {
        "starlette.requests": "ClientDisconnect Request",
        "starlette.responses": "Response",
        "starlette.types": "ASGIApp Message Receive Scope Send",
    },
    "starlette.middleware.body_limit": {
        "starlette.exceptions": "HTTPException",
        "starlette.requests": "Headers",
        "starlette.responses": "PlainTextResponse",
        "starlette.types": "ASGIApp Message Receive Scope Send",
    },
    "starlette.middleware.cors": {
        "starlette.requests": "Headers",
        "starlette.responses": "MutableHeaders PlainTextResponse Response",
        "starlette.types": "ASGIApp Message Receive Scope Send",
    },
    "starlette.middleware.errors": {
        "starlette._utils": "is_async_callable",
        "starlette.concurrency": "run_in_threadpool",
        "starlette.requests": "Request",
        "starlette.responses": "HTMLResponse PlainTextResponse Response",
        "starlette.types": "ASGIApp ExceptionHandler Message Receive Scope Send",
    },
    "starlette.middleware.exceptions": {
        "starlette.exceptions": "HTTPException WebSocketException",
        "starlette.requests": "Request",
        "starlette.responses": "PlainTextResponse Response",
        "starlette.types": "ASGIApp ExceptionHandler Receive Scope Send",
        "starlette.websockets": "WebSocket",
    },
    "starlette.middleware.gzip": {
        "starlette.requests": "Headers",
        "starlette.responses": "MutableHeaders",
        "starlette.types": "ASGIApp Message Receive Scope Send",
    },
    "starlette.middleware.httpsredirect": {
        "starlette.requests": "URL",
        "starlette.responses": "PlainTextResponse RedirectResponse",
        "starlette.types": "ASGIApp Receive Scope Send",
    },
    "starlette.middleware.sessions": {
        "starlette.datastructures": "Secret",
        "starlette.requests": "HTTPConnection",
        "starlette.responses": "MutableHeaders",
        "starlette.types": "ASGIApp Message Receive Scope Send",
    },
    "starlette.middleware.trustedhost": {
        "starlette.requests": "Headers URL",
        "starlette.responses": "PlainTextResponse RedirectResponse Response",
        "starlette.types": "ASGIApp Receive Scope Send",
    },
    "starlette.middleware.wsgi": {
        "starlette.exceptions": "StarletteDeprecationWarning",
        "starlette.types": "Receive Scope Send",
    },
    "starlette.requests": {
        "starlette.exceptions": "HTTPException",
        "starlette.formparsers": "FormParser MultiPartException MultiPartParser",
        "starlette.types": "Message Receive Scope Send",
    },
    "starlette.responses": {
        "starlette.concurrency": "iterate_in_threadpool",
        "starlette.requests": "ClientDisconnect",
        "starlette.types": "Message Receive Scope Send",
    },
    "starlette.routing": {
        "starlette._utils": "is_async_callable",
        "starlette.concurrency": "run_in_threadpool",
        "starlette.exceptions": "StarletteDeprecationWarning",
        "starlette.middleware.body_limit": "RequestBodyLimitMiddleware",
    },
    "starlette.schemas": {
        "starlette.requests": "Request",
        "starlette.responses": "Response",
        "starlette.routing": "BaseRoute Host Mount Route",
    },
    "starlette.staticfiles": {
        "starlette.exceptions": "HTTPException",
        "starlette.requests": "Headers URL",
        "starlette.responses": "FileResponse RedirectResponse Response",
        "starlette.routing": "get_route_path",
        "starlette.types": "Receive Scope Send",
        "starlette.websockets": "WebSocketClose",
    },
    "starlette.templating": {
        "starlette.requests": "Request URL",
        "starlette.responses": "BackgroundTask HTMLResponse",
        "starlette.types": "Receive Scope Send",
    },
    "starlette.testclient": {
        "starlette._utils": "is_async_callable",
        "starlette.exceptions": "StarletteDeprecationWarning",
    },
    "starlette.websockets": {
        "starlette.responses": "Response",
        "starlette.types": "Message Receive Scope Send",
    },
}
