from __future__ import annotations

import pytest
from pydantic import ValidationError

from hanok.http import EventSourceResponse, ServerSentEvent
from hanok.http.sse import format_sse_event


@pytest.mark.parametrize(
    ("fields", "wire"),
    [
        ({}, b"\n"),
        ({"data_str": "a"}, b"data: a\n\n"),
        ({"data_str": ""}, b"data: \n\n"),
        ({"data_str": "a\nb\r\nc\rd\n"}, b"data: a\ndata: b\ndata: c\ndata: d\ndata: \n\n"),
        ({"data_str": "\u2028é\x0b"}, "data: \u2028é\x0b\n\n".encode()),
        (
            {"event": "e", "id": "1", "retry": 0, "comment": "c\nd", "data_str": "x"},
            b": c\n: d\nevent: e\ndata: x\nid: 1\nretry: 0\n\n",
        ),
    ],
)
def test_the_wire_format(fields, wire):
    assert format_sse_event(**fields) == wire


def test_an_event():
    event = ServerSentEvent(data={"a": 1}, event="e", id="1", retry=3, comment="c\nd")
    assert event.model_dump() == {
        "data": {"a": 1},
        "raw_data": None,
        "event": "e",
        "id": "1",
        "retry": 3,
        "comment": "c\nd",
    }


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"data": 1, "raw_data": "x"}, "Cannot set both 'data' and 'raw_data'"),
        ({"event": "a\nb"}, "SSE 'event' must be a single line"),
        ({"id": "a\rb"}, "SSE 'id' must be a single line"),
        ({"id": "a\0b"}, "SSE 'id' must not contain null characters"),
        ({"retry": -1}, "greater than or equal to 0"),
    ],
)
def test_what_is_no_event(fields, message):
    with pytest.raises(ValidationError, match=message):
        ServerSentEvent(**fields)


def test_the_response_of_events(call):
    answer = call(EventSourceResponse([format_sse_event(data_str="x")]))
    assert answer.headers["content-type"] == "text/event-stream; charset=utf-8"
    assert answer.body == b"data: x\n\n"
