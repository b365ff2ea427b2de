"""The table of what may be said when."""

from __future__ import annotations

import pytest

from hanok.protocols.ws import TRANSITIONS, WsEvent, WsState


def test_every_event_has_its_row() -> None:
    assert set(TRANSITIONS) == set(WsEvent)


def test_an_end_is_possible_in_every_state() -> None:
    assert set(TRANSITIONS[WsEvent.END]) == set(WsState)


@pytest.mark.parametrize("event", [event for event in WsEvent if event is not WsEvent.END])
def test_nothing_else_happens_after_the_end(event: WsEvent) -> None:
    assert not {WsState.CLOSED, WsState.GONE} & set(TRANSITIONS[event])
