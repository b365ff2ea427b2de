"""A protocol is loaded when it is first spoken: by a thread, while the event loop serves others."""

import asyncio
import sys
import threading
import types
from types import SimpleNamespace

import pytest

from hanok.server.opening import OnDemand, Opening


class Transport(asyncio.Transport):
    def __init__(self):
        super().__init__()
        self.protocol = None
        self.reading = True
        self.closed = self.aborted = False

    def is_reading(self):
        return self.reading

    def pause_reading(self):
        self.reading = False

    def resume_reading(self):
        self.reading = True

    def can_write_eof(self):
        return True

    def is_closing(self):
        return self.closed

    def set_protocol(self, protocol):
        self.protocol = protocol

    def close(self):
        self.closed = True

    def abort(self):
        self.closed = self.aborted = True


class Spoken(asyncio.Protocol):
    """The protocol that is loaded."""

    def __init__(self, *arguments):
        self.arguments = arguments
        self.events = []

    def connection_made(self, transport):
        self.events.append("made")

    def data_received(self, data):
        self.events.append(data)

    def eof_received(self):
        self.events.append("eof")
        return False


@pytest.fixture
def absent(monkeypatch):
    """A module that can be imported, and only when ``absent.set()`` was called."""
    allowed = threading.Event()

    def import_module(name):
        assert allowed.wait(5)
        module = types.ModuleType(name)
        module.make = Spoken
        monkeypatch.setitem(sys.modules, name, module)

    monkeypatch.setattr("hanok.server.opening.import_module", import_module)
    yield allowed
    allowed.set()


def services_of(loop):
    return SimpleNamespace(connections=set(), loop=loop)


async def until(condition):
    async with asyncio.timeout(5):
        while not condition():  # noqa: ASYNC110 - a thread changes it
            await asyncio.sleep(0.001)


def opening(demand, services):
    protocol, transport = demand("head", services), Transport()
    assert isinstance(protocol, Opening)
    protocol.connection_made(transport)
    return protocol, transport


def test_connections_wait_for_the_thread_and_get_what_has_come(absent):
    async def main():
        services, demand = services_of(asyncio.get_running_loop()), OnDemand("a_protocol", "make")
        first, transport = opening(demand, services)
        second, other = opening(demand, services)
        first.data_received(b"one")
        assert not transport.is_reading()
        assert services.connections == {first, second}
        assert first.idle_since() is None
        first.sweep(1e9)
        first.drain()
        assert first.eof_received()
        absent.set()
        await until(lambda: other.protocol is not None)
        assert transport.protocol.events == ["made", b"one", "eof"]
        assert transport.protocol.arguments == ("head", services)
        assert transport.is_reading()
        assert transport.closed
        assert other.protocol.events == ["made"]
        assert not other.closed
        assert services.connections == set()
        assert isinstance(demand("head", services), Spoken)

    asyncio.run(main())


def test_who_has_left_meanwhile_is_not_opened(absent):
    async def main():
        services, demand = services_of(asyncio.get_running_loop()), OnDemand("a_protocol", "make")
        left, transport = opening(demand, services)
        ended, ended_transport = opening(demand, services)
        _, closing_transport = opening(demand, services)
        _, last_transport = opening(demand, services)
        left.connection_lost(None)
        ended.abort()
        closing_transport.close()
        absent.set()
        await until(lambda: last_transport.protocol is not None)
        assert transport.protocol is ended_transport.protocol is closing_transport.protocol is None
        assert ended_transport.aborted

    asyncio.run(main())


def test_it_can_be_loaded_before_anybody_speaks_it(absent):
    async def main():
        loop = asyncio.get_running_loop()
        demand = OnDemand("a_protocol", "make")
        absent.set()
        demand.load(loop)
        await until(lambda: demand.loaded() is not None)
        assert isinstance(demand(services_of(loop)), Spoken)
        waiting = Opening(demand, (services_of(loop),))
        waiting.connection_made(transport := Transport())  # loaded in the same moment
        assert isinstance(transport.protocol, Spoken)

    asyncio.run(main())


def test_a_connection_whose_protocol_cannot_be_loaded_is_reset(monkeypatch, caplog):
    def import_module(name):
        raise ImportError("half of it is missing")

    monkeypatch.setattr("hanok.server.opening.import_module", import_module)

    async def main():
        services, demand = services_of(asyncio.get_running_loop()), OnDemand("a_protocol", "make")
        _, transport = opening(demand, services)
        await until(lambda: transport.aborted)
        assert services.connections == set()

    asyncio.run(main())
    assert "a_protocol cannot be loaded" in caplog.text


def test_a_thread_that_ends_after_the_event_loop_says_nothing(absent):
    async def main():
        demand = OnDemand("a_protocol", "make")
        demand.load(asyncio.get_running_loop())

    asyncio.run(main())
    absent.set()
    for thread in threading.enumerate():
        if thread.name == "hanok loads a_protocol":
            thread.join(5)
