"""Every error that Hanok raises, in one tree.

    HanokError
    ├── HTTPError                   an answer with that status (what Starlette calls HTTPException)
    │   └── HTTPException           the same, with any JSON value as its detail
    ├── WebSocketException          a close with that code
    ├── ClientDisconnect            the peer went away while we read from it or wrote to it
    ├── DeclarationError            the application is declared in a way that cannot work
    │   ├── DependencyScopeError
    │   └── PydanticV1NotSupportedError
    ├── ValidationException         the peer's or the application's data is not what was declared
    │   ├── RequestValidationError           422
    │   ├── WebSocketRequestValidationError  1008
    │   └── ResponseValidationError          500
    ├── NoMatchFound                url_for() found no route of that name and parameters
    ├── AnswerStateError            the answer was started twice, or written after its end
    ├── ProtocolError               bytes on a connection that break the protocol; says who is to blame
    │   ├── RemoteProtocolError     the peer; ``status`` is the status that answers it
    │   └── LocalProtocolError      us
    └── ConfigError                 a wrong option or target; the message says what to do

``HanokDeprecationWarning`` is the only warning class.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, TypedDict


class HanokError(Exception):
    """Root of the tree."""


class HTTPError(HanokError):
    """Ends the request with an answer of this status.

    ``detail`` defaults to the reason phrase of the status. ``headers`` are added to the answer.
    """

    def __init__(self, status_code: int, detail: Any = None, headers: Mapping[str, str] | None = None) -> None:
        self.status_code = status_code
        self.detail = _phrase(status_code) if detail is None else detail
        self.headers = headers
        super().__init__(status_code, self.detail)

    def __str__(self) -> str:
        return f"{self.status_code}: {self.detail}"

    def __repr__(self) -> str:
        # Logs and tests know the base class by Starlette's name.
        name = "HTTPException" if type(self) is HTTPError else type(self).__name__
        return f"{name}(status_code={self.status_code!r}, detail={self.detail!r})"


def _phrase(status: int) -> str:
    import http

    try:
        return http.HTTPStatus(status).phrase
    except ValueError:
        return ""  # a status that nobody has registered


class HTTPException(HTTPError):
    """The exception that endpoints raise: ``detail`` may be any value that can be written as JSON."""


class WebSocketException(HanokError):
    """Closes the WebSocket with ``code`` (RFC 6455 §7.4) and ``reason``."""

    def __init__(self, code: int, reason: str | None = None) -> None:
        self.code = code
        self.reason = reason or ""
        super().__init__(code, self.reason)

    def __str__(self) -> str:
        return f"{self.code}: {self.reason}"

    def __repr__(self) -> str:
        return f"{type(self).__name__}(code={self.code!r}, reason={self.reason!r})"


class ClientDisconnect(HanokError):
    """The peer has gone: nothing more can be read from it and nothing it would see can be written."""


class DeclarationError(HanokError, RuntimeError):
    """The application is declared in a way that cannot work; the message says where and what to write."""


class DependencyScopeError(DeclarationError):
    """A request-scoped dependency asks for a function-scoped one, which would end before it."""


class PydanticV1NotSupportedError(DeclarationError):
    """A model of pydantic.v1 where one of pydantic 2 is needed."""


class EndpointContext(TypedDict, total=False):
    """Where the endpoint that failed stands: for messages, never for the client."""

    function: str
    path: str
    file: str
    line: int


class ValidationException(HanokError):
    """Data that does not have the declared shape. ``errors()`` lists every fault in pydantic's form."""

    def __init__(self, errors: Sequence[Any], *, endpoint_ctx: EndpointContext | None = None) -> None:
        self._errors = errors
        self.endpoint_ctx = endpoint_ctx
        ctx = endpoint_ctx or {}
        self.endpoint_function = ctx.get("function")
        self.endpoint_path = ctx.get("path")
        self.endpoint_file = ctx.get("file")
        self.endpoint_line = ctx.get("line")
        super().__init__(errors)

    def errors(self) -> Sequence[Any]:
        return self._errors

    def _endpoint_lines(self) -> str:
        if not (self.endpoint_file and self.endpoint_line and self.endpoint_function):
            return f"\n  Endpoint: {self.endpoint_path}" if self.endpoint_path else ""
        lines = f'\n  File "{self.endpoint_file}", line {self.endpoint_line}, in {self.endpoint_function}'
        return lines + (f"\n    {self.endpoint_path}" if self.endpoint_path else "")

    def __str__(self) -> str:
        count = len(self._errors)
        listed = "".join(f"\n  {error}" for error in self._errors)
        return f"{count} validation error{'' if count == 1 else 's'}:{listed}{self._endpoint_lines()}"


class RequestValidationError(ValidationException):
    """What the client sent is not what the endpoint declared. ``body`` is the body as it was parsed."""

    def __init__(self, errors: Sequence[Any], *, body: Any = None, endpoint_ctx: EndpointContext | None = None) -> None:
        super().__init__(errors, endpoint_ctx=endpoint_ctx)
        self.body = body


class WebSocketRequestValidationError(ValidationException):
    """As RequestValidationError, for the handshake of a WebSocket."""


class ResponseValidationError(ValidationException):
    """What the endpoint returned is not what it declared as its response. ``body`` is the value."""

    def __init__(self, errors: Sequence[Any], *, body: Any = None, endpoint_ctx: EndpointContext | None = None) -> None:
        super().__init__(errors, endpoint_ctx=endpoint_ctx)
        self.body = body


class NoMatchFound(HanokError):
    """No route has this name and exactly these path parameters."""

    def __init__(self, name: str, path_params: Mapping[str, Any]) -> None:
        params = ", ".join(path_params)
        super().__init__(f'No route exists for name "{name}" and params "{params}".')


class AnswerStateError(HanokError):
    """The answer was started twice, or written to after its end."""


class ProtocolError(HanokError):
    """Bytes or events that break the protocol of the connection."""


class RemoteProtocolError(ProtocolError):
    """The peer broke the protocol. ``status`` is the status that says so (RFC 9110 §15.5)."""

    def __init__(self, message: str, status: int = 400) -> None:
        super().__init__(message)
        self.status = status


class LocalProtocolError(ProtocolError):
    """We, or the application above us, broke the protocol: an error of ours, never the peer's."""


class ConfigError(HanokError):
    """A wrong option, file or application target. The message names it and says what to type."""


class HanokDeprecationWarning(UserWarning):
    """Something that still works and will not for ever. Shown by default, unlike DeprecationWarning."""
