"""One stream through all parsers; what they disagree about."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum

from conformance.differential.parsers import PEERS, Message, Reading, ours


class Kind(Enum):
    """How two readings differ. The first three have no excuse."""

    BOTH_REFUSE = "we accept what both others refuse"
    FRAMING = "we and another see different ends of a message"
    PIECES = "we read the stream differently when it comes in pieces"
    HEAD = "another sees another head"
    WE_REFUSE = "we refuse what another accepts"
    IT_REFUSES = "another refuses what we accept"
    END = "another goes on after a message where we do not, or the other way round"


NEVER = frozenset((Kind.BOTH_REFUSE, Kind.FRAMING, Kind.PIECES, Kind.HEAD))


@dataclass(frozen=True, slots=True)
class Disagreement:
    """We and one other parser, at one message of a stream."""

    peer: str
    kind: Kind
    about: str  # the error of who refuses, or what differs
    data: bytes


def compare(data: bytes, cuts: tuple[int, ...] = ()) -> list[Disagreement]:
    """Every disagreement between us and the others about this stream, up to the first with each."""
    we = ours(data)
    found = []
    pieces = ours(data, cuts) if cuts else we
    if (pieces.messages, pieces.end) != (we.messages, we.end):
        found.append(Disagreement("ourselves", Kind.PIECES, f"cut at {cuts}", data))
    peers = {name: parse(data) for name, parse in PEERS.items()}
    for name, other in peers.items():
        difference = first_difference(we, other)
        if difference is not None:
            found.append(Disagreement(name, *difference, data))
    refused = [len(other.messages) for other in peers.values() if other.end == "refused"]
    if len(refused) == len(peers) and len(we.messages) > max(refused):
        errors = " and ".join(other.error for other in peers.values())
        found.append(Disagreement(" and ".join(peers), Kind.BOTH_REFUSE, errors, data))
    return found


def first_difference(we: Reading, other: Reading) -> tuple[Kind, str] | None:
    """The kind of the first disagreement, and what it is about."""
    for at in range(max(len(we.messages), len(other.messages))):
        if at >= len(we.messages):
            return missing(we, "we")
        if at >= len(other.messages):
            return missing(other, "it")
        one, two = we.messages[at], other.messages[at]
        last = at == len(other.messages) - 1
        if one.body != two.body and not (last and other.end == "switched" and not two.body):
            return Kind.FRAMING, f"bodies of {len(one.body)} and {len(two.body)} bytes"
        for what, ours_, theirs in heads(one, two):
            if ours_ != theirs:
                return Kind.HEAD, what
        if last and one.body != two.body:
            return Kind.END, "it switches protocols before the body"
    return None


def missing(who: Reading, name: str) -> tuple[Kind, str]:
    """``who`` sees fewer messages than the other."""
    if who.end == "refused":
        return (Kind.WE_REFUSE if name == "we" else Kind.IT_REFUSES), who.error
    if who.end == "more":
        return Kind.FRAMING, f"{name} waits for more, the other sees a whole message"
    return Kind.END, f"{name}: {who.end}"


def heads(one: Message, two: Message) -> list[tuple[str, object, object]]:
    # h11 gives the name of a coding in lower case: it compares them without regard to it, as everybody does.
    fields = [
        tuple((name, value.lower() if name == b"transfer-encoding" else value) for name, value in each.headers)
        for each in (one, two)
    ]
    if one.target[:4].lower() == b"http":
        # RFC 9112 §3.2.2: the authority of the target replaces Host. The others leave that to whoever uses them.
        fields = [tuple(pair for pair in each if pair[0] != b"host") for each in fields]
    return [
        ("method", one.method, two.method),
        ("target", one.target, two.target),
        ("version", one.version, two.version),
        ("headers", fields[0], fields[1]),
    ]
