"""The session: everything about one connection that needs no socket. Bytes in, events out; calls in, bytes out.

    bytes ─► guard ─► engine ─► events          what the peer has done
    calls ─► engine ─► bytes                    what we say

The engine is libnghttp2; the guard stands before it and ends the connection where the engine would not. Who
answers requests calls the engine directly (``session.engine``), after a look at ``session.over``.
"""

from __future__ import annotations

import contextlib

from hanok.protocols.h1.grammar import HeadLimits
from hanok.protocols.h2.engine import Engine, EngineError, EngineFlooded, Event, StreamClosed, make_engine
from hanok.protocols.h2.frames import ErrorCode, goaway
from hanok.protocols.h2.guard import Guard, Violation
from hanok.protocols.h2.state import StreamState

FEW_STREAMS = 1000


class Session:
    """A server's end of one connection."""

    __slots__ = ("_cut", "_last_words", "_most_streams", "engine", "guard", "over", "streams")

    def __init__(self, limits: HeadLimits, max_streams: int, websockets: bool, now: float) -> None:
        self.engine: Engine = make_engine(limits, max_streams, websockets)
        self.guard = Guard(now)
        self.streams = self.guard.streams
        # Before it has our SETTINGS a client may open more streams than it will be allowed, and the engine refuses
        # those without a word to us. So they stay in the table until they are looked for, and must not be too many.
        self._most_streams = max(FEW_STREAMS, 4 * max_streams)
        self.over: Violation | None = None  # why the connection was ended, if we have ended it for the peer's fault
        self._cut = False  # whether the last output may have stopped within a frame
        self._last_words: bytes | None = None  # output instead of the engine's, which is dead

    # ---- in

    def receive(self, data: bytes, now: float) -> list[Event]:
        """What the bytes mean. Nothing, once the peer has broken a rule that ends the connection."""
        self.guard.now = now
        good, violation = self.guard.feed(data)
        try:
            if good:
                self.engine.receive_data(good)
        except EngineFlooded as error:
            self.end(ErrorCode.ENHANCE_YOUR_CALM, str(error))
        except EngineError as error:
            self.end(ErrorCode.PROTOCOL_ERROR, str(error))
        else:
            if violation is not None:
                self.end(*violation)
            elif len(self.streams) > self._most_streams:
                self.end(ErrorCode.ENHANCE_YOUR_CALM, "too many streams")
        return [] if self.over is not None else self.engine.events()

    def closed(self, event: StreamClosed) -> None:
        """The engine has closed a stream."""
        state = self.guard.forget(event.stream_id)
        if (
            event.error_code
            and state is not None
            and state is not StreamState.RESET
            and event.local_error is None
            and not self.guard.budgets.resets.spend(self.guard.now)
        ):
            # The engine has reset it for a mistake of the peer's.
            self.end(ErrorCode.ENHANCE_YOUR_CALM, "too many streams that had to be reset")

    def forget_refused(self) -> None:
        """Forget the streams that the engine has refused without a word: above the limit, or after the last GOAWAY."""
        for stream in list(self.streams):
            try:
                self.engine.stream_local_window_size(stream)
            except EngineError:
                self.guard.forget(stream)

    # ---- out

    def take(self, most: int) -> bytes:
        """Bytes for the transport, at most so many."""
        words = self._last_words
        if words is not None:
            self._last_words = b""
            return words
        try:
            data = self.engine.data_to_send(most)
        except EngineError:
            return b""
        self._cut = len(data) == most
        if data:
            # The peer may give back what it was sent: for each frame, at least 9 bytes long, two WINDOW_UPDATEs.
            self.guard.budgets.updates.earn(len(data) // 4)
        return data

    def is_out(self, stream: int) -> bool:
        """Whether everything that was said on the stream, its end too, has been taken."""
        engine = self.engine
        try:
            # Without window not even an end without data is sent.
            return (
                not engine.queued_body_size(stream)
                and min(engine.remote_window_size, engine.stream_remote_window_size(stream)) > 0
            )
        except EngineError:
            return True

    def reset(self, stream: int, code: ErrorCode) -> None:
        """End a stream early. Nothing, if it has ended."""
        self.guard.sent_reset(stream)
        with contextlib.suppress(EngineError):
            self.engine.reset_stream(stream, code)

    def end(self, code: ErrorCode, reason: str) -> None:
        """End the connection for the peer's fault, with a GOAWAY."""
        if self.over is not None:
            return
        self.over = Violation(code, reason)
        try:
            self.engine.terminate_connection(code)
        except EngineError:
            # It has given up, and its output is lost. A frame in the middle of another would be noise.
            self._last_words = b"" if self._cut else goaway(max(self.guard.last, 0), code, reason.encode())
