"""A few thousand of the cases that ``python -m conformance.differential`` runs in great number."""

from random import Random

import pytest

pytest.importorskip("h11")

from conformance.differential.compare import NEVER, Disagreement, Kind, compare
from conformance.differential.mutate import CORPUS, SENTINEL, case
from conformance.differential.parsers import PEERS, ours
from conformance.differential.reasons import reason
from conformance.differential.run import run


def test_whatever_we_and_other_parsers_read_differently_has_a_reason():
    outcome = run(3000, seed=7)
    assert outcome.cases == 3000
    assert outcome.agreed > 1000
    assert outcome.unexplained == []


def test_a_run_can_be_ended():
    assert run(3000, seed=7, tick=lambda done: done < 500).cases == 500


def test_the_same_seed_makes_the_same_cases():
    one, other = Random(3), Random(3)
    assert [case(one) for _ in range(100)] == [case(other) for _ in range(100)]


@pytest.mark.parametrize("read", [ours, *PEERS.values()])
def test_every_parser_sees_a_good_request_and_the_one_after_it(read):
    found = read(CORPUS[7] + SENTINEL)
    assert [(message.method, message.target, message.body) for message in found.messages] == [
        (b"POST", b"/", b"hello"),
        (b"GET", b"/sentinel", b""),
    ]


def test_what_has_no_excuse_gets_none():
    for kind in NEVER:
        assert reason(Disagreement("llhttp", kind, "two Host fields", b"")) is None
    assert reason(Disagreement("llhttp", Kind.WE_REFUSE, "an error that nobody has thought of", b"")) is None


def test_disagreements_are_seen():
    found = compare(b"GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n")
    assert [(one.peer, one.kind, one.about) for one in found] == [("llhttp", Kind.WE_REFUSE, "two Host fields")]
