"""All that can be wrong with how a stream is read, in words."""

from __future__ import annotations

import time
from collections import Counter

from conformance.differential.compare import compare
from conformance.differential.parsers import Reading
from conformance.differential.reasons import reason
from conformance.fuzz.connection import Bench, Served
from conformance.fuzz.forms import forms, read

SLOW = 1.0  # seconds of processor time after which reading a stream of a few kilobytes is an attack that works


class Judge:
    """Holds the forms and the event loop; counts what was explained. ``close`` it."""

    def __init__(self) -> None:
        self.forms = forms()
        self.bench = Bench()
        self.cases = 0
        self.agreed = 0
        self.messages = 0
        self.refused = 0
        self.signature: object = None  # how the last stream was read; streams with the same one are alike
        self.explained: Counter[tuple[str, str, str, str]] = Counter()  # peer, kind, about, reason → how often

    def close(self) -> None:
        self.bench.close()

    def wrong(self, data: bytes, cuts: tuple[int, ...] = ()) -> list[str]:
        """Nothing, if all is well. Any exception counts as wrong."""
        cuts = tuple(sorted({cut for cut in cuts if 0 < cut < len(data)}))
        self.cases += 1
        began = time.process_time()
        found: list[str] = []
        for question in (self.by_others, self.by_form, self.by_connection):
            try:
                found += question(data, cuts)
            except Exception as error:  # a refusal is caught where it belongs
                found.append(f"crash: {error!r}")
        if time.process_time() - began > SLOW:
            found.append(f"slow: {time.process_time() - began:.1f} s for {len(data)} bytes")
        return found

    def by_others(self, data: bytes, cuts: tuple[int, ...]) -> list[str]:
        """llhttp and h11 see the same, or there is a reason; nothing is accepted that either refuses without one."""
        disagreements = compare(data, cuts)
        self.agreed += not disagreements
        self.signature = tuple((one.peer, one.kind, one.about) for one in disagreements)
        found = []
        for one in disagreements:
            why = reason(one)
            if why is None:
                found.append(f"unexplained, {one.peer}: {one.kind.value}: {one.about}")
            else:
                self.explained[one.peer, one.kind.value, one.about, why] += 1
        return found

    def by_form(self, data: bytes, cuts: tuple[int, ...]) -> list[str]:
        """All forms of the parser say the same, of a whole stream and of one in pieces."""
        (first, parse), *others = self.forms.items()
        reading, heads = read(data, parse)
        self.messages += len(reading.messages)
        self.refused += reading.end == "refused"
        self.signature = self.signature, min(len(reading.messages), 3), reading.end, reading.error
        found = []
        for name, other in others:
            if read(data, other) != (reading, heads):
                found.append(f"{name} differs from {first}: {told(read(data, other)[0])}, not {told(reading)}")
            if cuts:
                pieces, _ = read(data, other, cuts)
                if (pieces.messages, pieces.end) != (reading.messages, reading.end):
                    found.append(f"{name}, cut at {cuts}: {told(pieces)}, not {told(reading)}")
        return found

    def by_connection(self, data: bytes, cuts: tuple[int, ...]) -> list[str]:
        """The application gets what the parser sees, whole or in pieces; and an answer for each, or a refusal."""
        reading, heads = read(data, self.forms["expressions"])
        paths = [head["raw_path"] for head in heads]
        wanted = [(one.method, path, one.body) for one, path in zip(reading.messages, paths, strict=False)]
        found = []
        for places in {(), cuts}:
            served = self.bench.serve(data, places)
            found += [
                f"connection, cut at {places}: {one}" for one in [*served.wrong, *unlike(served, reading, wanted)]
            ]
        return found


def unlike(served: Served, reading: Reading, wanted: list[tuple[bytes, object, bytes]]) -> list[str]:
    """How what was served differs from what was read."""
    found = []
    got = served.requests
    # Without a WebSocket protocol the connection goes on after a request that asks for another one.
    if got[: len(wanted)] != wanted or (reading.end != "switched" and len(got) != len(wanted)):
        found.append(f"the application got {got}, not {wanted}")
    if served.written.count(b"\r\nx-fuzz: 1\r\n") != len(got):
        found.append(f"{len(got)} requests were answered with {served.written!r}")
    if reading.end == "refused" and not served.is_closed:
        found.append("refused, and the connection stays open")
    if reading.end == "refused" and b"\r\nconnection: close\r\n" not in served.written:
        found.append(f"refused, and the peer is told nothing of it: {served.written!r}")
    if reading.end == "closed" and not served.is_closed:
        found.append("the last request ends the connection, which stays open")
    if reading.end == "more" and served.is_closed:
        found.append(f"closed for no reason: {served.written!r}")
    return found


def told(reading: Reading) -> str:
    return f"{len(reading.messages)} requests, then {reading.end} {reading.error}".strip()
