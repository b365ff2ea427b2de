"""Which name of theirs is which of ours.

``TABLE``: module → {where it is: names}. A name may be written ``theirs=ours``. "Where" is a module of Hanok or of the
standard library, or a module of this table, for a name that one module of theirs also
offers from another. At the empty place, the names are modules themselves.
``LIVE``: names whose value is a setting: reading or setting one reads or sets ours.
``WHOLE``: modules that are one of ours from end to end. ``PRIVATE``: where their internals are, and the public way instead.
"""

from __future__ import annotations

TABLE: dict[str, dict[str, str]] = {
    # ---- starlette
    "starlette": {},
    "starlette.applications": {
        "hanok.application": "Starlette=Application",
        "starlette.types": "AppType",
        "starlette.datastructures": "State URLPath",
        "starlette.middleware": "Middleware",
        "starlette.requests": "Request",
        "starlette.responses": "Response",
        "starlette.routing": "BaseRoute Router",
    },
    "starlette.authentication": {
        "hanok.middleware.authentication": (
            "AuthCredentials AuthenticationBackend AuthenticationError BaseUser SimpleUser UnauthenticatedUser "
            "has_required_scope requires"
        ),
    },
    "starlette.background": {"hanok.http": "BackgroundTask BackgroundTasks"},
    "starlette.concurrency": {
        "hanok.http": "iterate_in_threadpool run_in_threadpool run_until_first_complete",
    },
    "starlette.config": {"hanok.http.config": "Config Environ EnvironError environ undefined"},
    "starlette.convertors": {
        "hanok.routing.convertors": (
            "CONVERTOR_TYPES Convertor FloatConvertor IntegerConvertor PathConvertor StringConvertor UUIDConvertor "
            "register_url_convertor"
        ),
    },
    "starlette.datastructures": {
        "hanok.http": (
            "Address CommaSeparatedStrings FormData Headers ImmutableMultiDict MultiDict MutableHeaders QueryParams Secret "
            "State URL URLPath UploadFile"
        ),
    },
    "starlette.endpoints": {
        "hanok.routing": "HTTPEndpoint",
        "hanok.websockets": "WebSocketEndpoint",
    },
    "starlette.exceptions": {
        "hanok.exceptions": "HTTPException=HTTPError StarletteDeprecationWarning=HanokDeprecationWarning WebSocketException",
    },
    "starlette.formparsers": {
        "hanok.http.forms": "FormParser MultiPartException MultiPartParser _user_safe_decode=decode_text",
        "hanok.dropin.starlette_internals": "MultipartPart",
        "starlette.datastructures": "FormData Headers UploadFile",
    },
    "starlette.middleware": {
        "hanok.middleware": "Middleware",
        "hanok.dropin.extras": "_MiddlewareFactory=MiddlewareFactory",
    },
    "starlette.middleware.authentication": {"hanok.middleware": "AuthenticationMiddleware"},
    "starlette.middleware.base": {
        "hanok.middleware.http_function": "BaseHTTPMiddleware DispatchFunction RequestResponseEndpoint",
    },
    "starlette.middleware.body_limit": {"hanok.middleware": "RequestBodyLimitMiddleware"},
    "starlette.middleware.cors": {"hanok.middleware.cors": "ALL_METHODS CORSMiddleware SAFELISTED_HEADERS"},
    "starlette.middleware.errors": {"hanok.middleware": "ServerErrorMiddleware"},
    "starlette.middleware.exceptions": {"hanok.middleware": "ExceptionMiddleware"},
    "starlette.middleware.gzip": {
        "hanok.middleware": "GZipMiddleware",
        "hanok.dropin.starlette_internals": "GZipResponder",
    },
    "starlette.middleware.httpsredirect": {"hanok.middleware": "HTTPSRedirectMiddleware"},
    "starlette.middleware.sessions": {"hanok.middleware.sessions": "Session SessionMiddleware"},
    "starlette.middleware.trustedhost": {"hanok.middleware": "TrustedHostMiddleware"},
    "starlette.middleware.wsgi": {
        "hanok.gateways.wsgi": "WSGIMiddleware build_environ",
        "hanok.dropin.starlette_internals": "WSGIResponder",
    },
    "starlette.requests": {
        "hanok.http": "ClientDisconnect HTTPConnection Request cookie_parser=parse_cookies",
        "starlette.datastructures": "Address FormData Headers QueryParams State URL",
    },
    "starlette.responses": {
        "hanok.http": (
            "FileResponse HTMLResponse JSONResponse PlainTextResponse RedirectResponse Response StreamingResponse"
        ),
        "hanok.http.ranges": "MalformedRangeHeader RangeNotSatisfiable",
        "hanok.dropin.extras": "AsyncContentStream Content ContentStream SyncContentStream",
        "": "json",
        "mimetypes": "guess_type",
        "starlette.background": "BackgroundTask",
        "starlette.datastructures": "Headers MutableHeaders URL",
    },
    "starlette.routing": {
        "hanok.routing": (
            "BaseRoute Host Match Mount Route Router WebSocketRoute compile_path get_name get_route_path replace_params "
            "websocket_session"
        ),
        "hanok.exceptions": "NoMatchFound",
        "starlette.convertors": "CONVERTOR_TYPES Convertor",
        "starlette.datastructures": "Headers URL URLPath",
        "starlette.exceptions": "HTTPException",
        "starlette.middleware": "Middleware",
        "starlette.requests": "Request",
        "starlette.responses": "PlainTextResponse RedirectResponse Response",
        "starlette.websockets": "WebSocket WebSocketClose",
        "starlette.types": "ASGIApp Lifespan Receive Scope Send",
    },
    "starlette.schemas": {
        "hanok.openapi.docstrings": "BaseSchemaGenerator EndpointInfo OpenAPIResponse SchemaGenerator",
    },
    "starlette.staticfiles": {"hanok.http.staticfiles": "NotModifiedResponse PathLike StaticFiles"},
    "starlette.templating": {
        "hanok.http.templating": "Jinja2Templates _TemplateResponse=TemplateResponse",
    },
    "starlette.testclient": {
        "hanok.testing": "TestClient WebSocketDenialResponse WebSocketTestSession",
        "hanok.dropin.extras": "ASGI2App ASGI3App ASGIInstance",
        "starlette.types": "ASGIApp Message Receive Scope Send",
        "starlette.websockets": "WebSocketDisconnect",
    },
    "starlette.types": {
        "hanok.types": "ASGIApp Message Receive Scope Send",
        "hanok.dropin.extras": (
            "AppType ExceptionHandler HTTPExceptionHandler Lifespan StatefulLifespan StatelessLifespan "
            "WebSocketExceptionHandler"
        ),
    },
    "starlette.websockets": {
        "hanok.websockets": "WebSocket WebSocketClose WebSocketDisconnect WebSocketDisconnected WebSocketState",
        "starlette.requests": "HTTPConnection",
    },
    # What other packages import from there so often that it has become public.
    "starlette._utils": {"hanok.http.inspection": "is_async_callable", "hanok.routing": "get_route_path"},
    # ---- fastapi
    "fastapi": {
        "hanok.app": "FastAPI=Hanok",
        "hanok.routing": "APIRouter",
        "hanok.params.functions": "Body Cookie File Form Header Path Query",
        "hanok.dependencies.functions": "Depends Security",
        "hanok.exceptions": "HTTPException WebSocketException",
        "hanok.http": "BackgroundTasks Request Response UploadFile",
        "hanok.websockets": "WebSocket WebSocketDisconnect",
        "": "status=starlette.status",
    },
    "fastapi.applications": {
        "fastapi": "Depends FastAPI",
        "starlette.applications": "Starlette",
        "fastapi.datastructures": "Default DefaultPlaceholder",
        "fastapi.exceptions": "RequestValidationError WebSocketRequestValidationError",
        "fastapi.exception_handlers": (
            "http_exception_handler request_validation_exception_handler websocket_request_validation_exception_handler"
        ),
        "fastapi.openapi.docs": "get_redoc_html get_swagger_ui_html get_swagger_ui_oauth2_redirect_html",
        "fastapi.openapi.utils": "get_openapi",
        "fastapi.utils": "generate_unique_id",
        "starlette.datastructures": "State",
        "starlette.exceptions": "HTTPException",
        "starlette.middleware": "Middleware",
        "starlette.requests": "Request",
        "starlette.responses": "HTMLResponse JSONResponse Response",
        "starlette.routing": "BaseRoute",
    },
    "fastapi.background": {"hanok.http": "BackgroundTasks"},
    "fastapi.concurrency": {
        "hanok.http": ("contextmanager_in_threadpool iterate_in_threadpool run_in_threadpool run_until_first_complete"),
        "contextlib": "asynccontextmanager",
    },
    "fastapi.datastructures": {
        "hanok.http": (
            "Address Default DefaultPlaceholder FormData Headers QueryParams State "
            "StarletteUploadFile=UploadFile URL UploadFile"
        ),
    },
    "fastapi.dependencies": {},
    "fastapi.dependencies.models": {"hanok.dependencies": "Dependant"},
    # What widely used packages import from there.
    "fastapi.dependencies.utils": {
        "hanok.dropin.internals": (
            "_get_body_field=get_body_field _get_flat_body_params=get_flat_body_params get_dependant get_flat_params "
            "get_parameterless_sub_dependant get_typed_return_annotation get_typed_signature lenient_issubclass "
            "request_params_to_args"
        ),
    },
    "fastapi.encoders": {"hanok.serialization": "jsonable_encoder"},
    "fastapi.exception_handlers": {
        "hanok.endpoint.exception_handlers": (
            "http_exception_handler request_validation_exception_handler websocket_request_validation_exception_handler"
        ),
    },
    "fastapi.exceptions": {
        "hanok.exceptions": (
            "DependencyScopeError EndpointContext FastAPIDeprecationWarning=HanokDeprecationWarning "
            "FastAPIError=DeclarationError HTTPException PydanticV1NotSupportedError RequestValidationError "
            "ResponseValidationError "
            "StarletteHTTPException=HTTPError StarletteWebSocketException=WebSocketException ValidationException "
            "WebSocketException WebSocketRequestValidationError"
        ),
    },
    "fastapi.logger": {"hanok.dropin.extras": "logger"},
    "fastapi.middleware": {"hanok.middleware": "Middleware"},
    "fastapi.middleware.cors": {"starlette.middleware.cors": "CORSMiddleware"},
    "fastapi.middleware.gzip": {"starlette.middleware.gzip": "GZipMiddleware"},
    "fastapi.middleware.httpsredirect": {"starlette.middleware.httpsredirect": "HTTPSRedirectMiddleware"},
    "fastapi.middleware.trustedhost": {"starlette.middleware.trustedhost": "TrustedHostMiddleware"},
    "fastapi.middleware.wsgi": {"starlette.middleware.wsgi": "WSGIMiddleware"},
    "fastapi.openapi": {},
    "fastapi.openapi.constants": {"hanok.openapi.schemas": "REF_PREFIX REF_TEMPLATE"},
    "fastapi.openapi.docs": {
        "hanok.openapi": (
            "get_redoc_html get_swagger_ui_html get_swagger_ui_oauth2_redirect_html swagger_ui_default_parameters"
        ),
    },
    "fastapi.openapi.utils": {
        "hanok.openapi": "get_openapi",
        "hanok.dropin.documented": (
            "_get_openapi_dependency_data=openapi_dependency_data "
            "_get_openapi_operation_parameters=openapi_operation_parameters"
        ),
    },
    "fastapi.param_functions": {
        "hanok.params.functions": "Body Cookie File Form Header Path Query",
        "hanok.dependencies.functions": "Depends Security",
    },
    "fastapi.params": {
        "hanok.params.declared": "Body Cookie File Form Header Param ParamTypes=Place Path Query",
        "hanok.dependencies.declared": "Depends Security",
    },
    "fastapi.requests": {"hanok.http": "HTTPConnection Request"},
    "fastapi.responses": {
        "hanok.http": "EventSourceResponse ORJSONResponse UJSONResponse",
        "starlette.responses": (
            "FileResponse HTMLResponse JSONResponse PlainTextResponse RedirectResponse Response StreamingResponse"
        ),
    },
    "fastapi.routing": {
        "hanok.routing": "APIRoute APIRouter APIWebSocketRoute RouteContext iter_route_contexts",
        "hanok.routing.included": "_IncludedRouter=IncludedRouter",
        "fastapi.datastructures": "Default DefaultPlaceholder",
        "fastapi.encoders": "jsonable_encoder",
        "fastapi.exceptions": (
            "FastAPIError RequestValidationError ResponseValidationError WebSocketRequestValidationError"
        ),
        "fastapi.utils": "generate_unique_id is_body_allowed_for_status_code",
        "starlette.concurrency": "iterate_in_threadpool run_in_threadpool",
        "starlette.datastructures": "URL URLPath",
        "starlette.exceptions": "HTTPException",
        "starlette.middleware": "Middleware",
        "starlette.requests": "Request",
        "starlette.responses": ("JSONResponse PlainTextResponse RedirectResponse Response StreamingResponse"),
        "starlette.routing": (
            "BaseRoute Match Mount NoMatchFound compile_path get_name get_route_path request_response websocket_session"
        ),
        "starlette.types": "ASGIApp Lifespan Receive Scope Send",
        "starlette.websockets": "WebSocket",
    },
    "fastapi.security": {
        "hanok.security": (
            "APIKeyCookie APIKeyHeader APIKeyQuery HTTPAuthorizationCredentials HTTPBasic HTTPBasicCredentials HTTPBearer "
            "HTTPDigest OAuth2 OAuth2AuthorizationCodeBearer OAuth2PasswordBearer OAuth2PasswordRequestForm "
            "OAuth2PasswordRequestFormStrict OpenIdConnect SecurityScopes"
        ),
    },
    "fastapi.security.api_key": {
        "hanok.security.api_key": "APIKeyBase APIKeyCookie APIKeyHeader APIKeyQuery",
        "hanok.security.models": "APIKey APIKeyIn",
    },
    "fastapi.security.base": {"hanok.security": "SecurityBase"},
    "fastapi.security.http": {
        "hanok.security.http": (
            "HTTPAuthorizationCredentials HTTPBase HTTPBasic HTTPBasicCredentials HTTPBearer HTTPDigest"
        ),
    },
    "fastapi.security.oauth2": {
        "hanok.security": (
            "OAuth2 OAuth2AuthorizationCodeBearer OAuth2PasswordBearer OAuth2PasswordRequestForm "
            "OAuth2PasswordRequestFormStrict SecurityScopes"
        ),
    },
    "fastapi.security.open_id_connect_url": {"hanok.security": "OpenIdConnect"},
    "fastapi.security.utils": {"hanok.security.base": "get_authorization_scheme_param"},
    "fastapi.sse": {
        "hanok.http.sse": "EventSourceResponse KEEPALIVE_COMMENT ServerSentEvent format_sse_event",
    },
    "fastapi.staticfiles": {"hanok.http": "StaticFiles"},
    "fastapi.templating": {"hanok.http": "Jinja2Templates"},
    "fastapi.testclient": {"starlette.testclient": "TestClient"},
    "fastapi.types": {"hanok.types": "DecoratedCallable", "hanok.serialization.encoder": "IncEx"},
    "fastapi.utils": {
        "hanok.routing": "generate_unique_id",
        "hanok.dropin.internals": "is_body_allowed_for_status_code",
    },
    "fastapi.websockets": {"hanok.websockets": "WebSocket WebSocketDisconnect WebSocketState"},
    # What other packages ask to tell versions of pydantic apart.
    "fastapi._compat": {
        "hanok.dropin.extras": "PYDANTIC_VERSION PYDANTIC_VERSION_MINOR_TUPLE Undefined",
        "hanok.dropin.documented": "get_definitions get_flat_models_from_fields get_model_name_map",
    },
    "fastapi._form_limits": {"hanok.endpoint.operation": "_FormLimits=FormLimits"},
}

WHOLE: dict[str, str] = {
    "starlette.status": "hanok.http.status",
    "fastapi.openapi.models": "hanok.openapi.models",
    "fastapi.cli": "hanok.cli.fastapi",
}

LIVE: dict[str, dict[str, str]] = {
    "fastapi.routing": {
        "_PING_INTERVAL": "hanok.endpoint.stream:PING_INTERVAL",
        "get_request_handler": "hanok.routing.api_route:get_request_handler",
    },
    "starlette.routing": {"request_response": "hanok.routing.plain:request_response"},
    "fastapi.sse": {"_PING_INTERVAL": "hanok.endpoint.stream:PING_INTERVAL"},
    "starlette.formparsers": {"SpooledTemporaryFile": "hanok.http.forms:SpooledTemporaryFile"},
}

# A module run by ``python -m``: the file that is run.
MAIN: dict[str, str] = {"fastapi.__main__": "fastapi_main.py"}

PRIVATE: dict[str, str] = {
    "fastapi._body_limit": "the argument max_body_size of FastAPI(), APIRouter() and of each operation",
    "fastapi._compat": "pydantic itself",
    "fastapi._form_limits": "a plain dict as the argument form_limits",
    "fastapi.dependencies.models": "app.routes and the attribute dependant of a route",
    "fastapi.dependencies.utils": "Depends(), and calling the application",
    "fastapi.middleware.asyncexitstack": "a dependency with yield",
    "fastapi.telemetry": "a middleware of the telemetry package",
    "starlette._exception_handler": "add_exception_handler()",
    "starlette._utils": "asyncio and anyio",
    "starlette.middleware.opentelemetry": "opentelemetry-instrumentation-asgi",
}
