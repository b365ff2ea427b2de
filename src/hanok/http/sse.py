"""Server-sent events: an answer that stays open, and the events on it (WHATWG HTML, section 9.2)."""

from __future__ import annotations

import re
from typing import Annotated, Any

from pydantic import AfterValidator, BaseModel, Field, model_validator

from hanok.http.streaming import StreamingResponse

# Seconds of silence after which a comment is sent, so that nobody in between takes the connection for dead.
PING_INTERVAL = 15.0
KEEPALIVE_COMMENT = b": ping\n\n"

# One event as it is described in an OpenAPI document.
EVENT_SCHEMA: dict[str, Any] = {
    "type": "object",
    "properties": {
        "data": {"type": "string"},
        "event": {"type": "string"},
        "id": {"type": "string"},
        "retry": {"type": "integer", "minimum": 0},
    },
}

# The three line ends of an event stream. str.splitlines knows more, which must stay in the data.
_LINE_END = re.compile(r"\r\n|\r|\n")


class EventSourceResponse(StreamingResponse):
    """A stream of events. As the ``response_class`` of a yielding endpoint, what it yields becomes events."""

    media_type = "text/event-stream"


def _event_name(value: str | None) -> str | None:
    return _single_line(value, "event")


def _event_id(value: str | None) -> str | None:
    if value is not None and "\0" in value:
        raise ValueError("SSE 'id' must not contain null characters")
    return _single_line(value, "id")


def _single_line(value: str | None, field: str) -> str | None:
    if value is not None and _LINE_END.search(value):
        raise ValueError(f"SSE '{field}' must be a single line")
    return value


class ServerSentEvent(BaseModel):
    """One event. ``data`` is written as JSON, ``raw_data`` as it is; ``retry`` is in milliseconds."""

    data: Any = None
    raw_data: str | None = None
    event: Annotated[str | None, AfterValidator(_event_name)] = None
    id: Annotated[str | None, AfterValidator(_event_id)] = None
    retry: Annotated[int | None, Field(ge=0)] = None
    comment: str | None = None

    @model_validator(mode="after")
    def _one_payload(self) -> ServerSentEvent:
        if self.data is not None and self.raw_data is not None:
            raise ValueError(
                "Cannot set both 'data' and 'raw_data' on the same ServerSentEvent. "
                "Use 'data' for JSON-serialized payloads or 'raw_data' for pre-formatted strings."
            )
        return self


def format_sse_event(
    *,
    data_str: str | None = None,
    event: str | None = None,
    id: str | None = None,
    retry: int | None = None,
    comment: str | None = None,
) -> bytes:
    """One event in the wire format. ``data_str`` and ``comment`` may have several lines."""
    lines = []
    if comment is not None:
        lines += [f": {line}" for line in _LINE_END.split(comment)]
    if event is not None:
        lines.append(f"event: {event}")
    if data_str is not None:
        lines += [f"data: {line}" for line in _LINE_END.split(data_str)]
    if id is not None:
        lines.append(f"id: {id}")
    if retry is not None:
        lines.append(f"retry: {retry}")
    lines.append("\n")
    return "\n".join(lines).encode() if len(lines) > 1 else b"\n"
