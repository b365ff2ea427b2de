"""The hand-written raw requests are read as they say, by every form of the parser; some that are made of them, too."""

from __future__ import annotations

from collections.abc import Iterator
from random import Random

import pytest

pytest.importorskip("h11")

from conformance.fuzz.__main__ import batch, known
from conformance.fuzz.corpus import Case, corpus
from conformance.fuzz.judge import Judge
from conformance.fuzz.streams import a_stream, shorten


@pytest.fixture(scope="module")
def judge() -> Iterator[Judge]:
    found = Judge()
    yield found
    found.close()


@pytest.mark.parametrize("case", corpus(), ids=lambda case: case.name)
def test_a_hand_written_stream_is_read_as_it_says_by_every_form_and_by_a_connection(judge: Judge, case: Case) -> None:
    assert known(judge, case) == []


def test_what_the_corpus_tells_apart_has_a_name_of_its_own() -> None:
    names = [(case.file, case.name) for case in corpus()]
    assert len(set(names)) == len(names)
    assert len({case.data for case in corpus()}) == len(names)


def test_a_batch_of_new_streams_finds_nothing(judge: Judge) -> None:
    before = judge.cases
    assert batch(judge, seed=12345) == []
    assert judge.cases - before == 250


def test_the_same_seed_makes_the_same_streams() -> None:
    one, other = Random(3), Random(3)
    assert [a_stream(one, []) for _ in range(50)] == [a_stream(other, []) for _ in range(50)]


def test_what_is_wrong_is_made_short() -> None:
    data, cuts = shorten((b"GET / HTTP/1.1\r\nX: y\r\n\r\n", (3, 5)), lambda stream: b"X:" in stream[0])
    assert (data, cuts) == (b"X:", ())


def test_cuts_that_are_needed_move_with_what_is_taken_away() -> None:
    data, cuts = shorten(
        (b"aaaaaaaaXYaaaa", (2, 9)), lambda stream: any(stream[0][cut:].startswith(b"Y") for cut in stream[1])
    )
    assert (data, cuts) == (b"Y", (0,))


class Odd(Judge):
    """Its second form of the parser fails on a byte; its application never gets a request with another."""

    def __init__(self) -> None:
        super().__init__()
        good = self.forms["walk"]

        def bad(data: bytes, previous: object) -> object:
            if b"!" in data:
                raise ValueError("a mistake")
            return None if b"?" in data else good(data, None)

        self.forms["walk"] = bad  # type: ignore[assignment]


def test_a_crash_and_a_form_that_differs_are_seen() -> None:
    odd = Odd()
    head = b"GET /%b HTTP/1.1\r\nHost: a\r\n\r\n"
    assert odd.wrong(head % b"a") == []
    assert odd.wrong(head % b"!") == ["crash: ValueError('a mistake')"]
    assert odd.wrong(head % b"?") == ["walk differs from expressions: 0 requests, then more, not 1 requests, then more"]
    odd.close()
