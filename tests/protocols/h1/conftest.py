import socket
from collections.abc import Callable

import pytest


class Client:
    """A raw connection: says bytes, hears bytes."""

    def __init__(self, port: int) -> None:
        self.socket = socket.create_connection(("127.0.0.1", port), timeout=20)

    def say(self, data: bytes) -> None:
        self.socket.sendall(data)

    def hear(self, until: bytes) -> bytes:
        """Everything up to and including ``until``."""
        found = b""
        while not found.endswith(until):
            piece = self.socket.recv(1)
            assert piece, f"the connection ended after {found!r}"
            found += piece
        return found

    def answer(self) -> tuple[int, dict[str, str], bytes]:
        """One answer: status, headers, body by its content-length or chunks."""
        head = self.hear(b"\r\n\r\n").decode("latin-1")
        line, *fields = head[:-4].split("\r\n")
        headers = dict(field.split(": ", 1) for field in fields)
        if headers.get("transfer-encoding") == "chunked":
            body = b""
            while size := int(self.hear(b"\r\n"), 16):
                body += self.exactly(size)
                assert self.exactly(2) == b"\r\n"
            assert self.exactly(2) == b"\r\n"
        else:
            body = self.exactly(int(headers.get("content-length", 0)))
        return int(line.split()[1]), headers, body

    def exactly(self, size: int) -> bytes:
        found = b""
        while len(found) < size:
            piece = self.socket.recv(size - len(found))
            assert piece, f"the connection ended after {found!r}"
            found += piece
        return found

    def rest(self) -> bytes:
        """Everything until the server closes. A reset is told by ConnectionResetError."""
        found = b""
        while piece := self.socket.recv(65536):
            found += piece
        return found

    def reset(self) -> None:
        """Vanish without a goodbye."""
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
        self.socket.close()

    def close(self) -> None:
        self.socket.close()


@pytest.fixture
def connect_to() -> Callable[[int], Client]:
    return Client
