import pytest

from hanok.exceptions import LocalProtocolError
from hanok.protocols.h1.state import TRANSITIONS, Event, H1State


def test_every_event_has_a_row():
    assert set(TRANSITIONS) == set(Event)


def test_every_state_can_be_reached():
    assert {state for row in TRANSITIONS.values() for state in row.values()} == set(H1State)


def test_a_request_goes_round():
    state = H1State.IDLE
    for event in (Event.HEAD, Event.BODY_END, Event.ANSWER_END):
        state = TRANSITIONS[event][state]
    assert state is H1State.IDLE


def test_an_early_answer_waits_for_the_body():
    state = H1State.IDLE
    for event in (Event.HEAD, Event.ANSWER_END, Event.BODY_END):
        state = TRANSITIONS[event][state]
    assert state is H1State.IDLE


def test_an_illegal_event_is_an_error_of_ours():
    with pytest.raises(LocalProtocolError, match="BODY_END cannot happen in state IDLE"):
        TRANSITIONS[Event.BODY_END][H1State.IDLE]


def test_an_upgraded_connection_is_not_ours_to_close():
    with pytest.raises(LocalProtocolError):
        TRANSITIONS[Event.CLOSE][H1State.UPGRADED]
