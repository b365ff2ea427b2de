"""Signals: what each does to a server that runs."""

import os
import signal
import socket
import threading

import pytest

from hanok.server.supervisor import signals


def keep_waiting(directory, connection, until):
    """A request that is answered when the file ``go`` is there."""
    connection.send("/wait")
    until((directory / "waiting").exists)


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_draining_answers_what_runs_and_announces_the_end(hanok_run, connect, directory, until, number):
    server = hanok_run()
    connection, idle = (connect(port) for port in [server.port()] * 2)
    idle.ask()
    keep_waiting(directory, connection, until)
    server.signal(number)
    assert idle.http.sock.recv(1) == b""  # the idle one is closed
    (directory / "go").touch()
    connection.answer()
    assert connection.closing
    assert server.ends() == 0


def test_a_second_interrupt_is_quick(hanok_run, connect, directory, until):
    server = hanok_run()
    connection = connect(server.port())
    keep_waiting(directory, connection, until)
    server.signal(signal.SIGINT)
    server.signal(signal.SIGTERM)  # asks for no more than the first
    until(lambda: refuses_or_waits(connection))
    server.signal(signal.SIGINT)
    assert server.ends() == 0


def refuses_or_waits(connection):
    return connection.http.sock is not None


def test_quit_does_not_wait(hanok_run, connect, directory, until):
    server = hanok_run("--preload")
    connection = connect(server.port())
    keep_waiting(directory, connection, until)
    assert server.ends(signal.SIGQUIT) == 0


def test_what_does_not_end_in_time_is_ended(hanok_run, connect, directory, until):
    server = hanok_run("--timeout-graceful-shutdown", "0.2")
    connection = connect(server.port())
    keep_waiting(directory, connection, until)
    server.signal(signal.SIGTERM)
    server.says("stopping with 1 connections and 1 requests unfinished after 0.2 seconds")
    assert server.ends() == 0


def test_a_reload_replaces_one_worker_after_the_other_and_brings_new_code(hanok_run, connect, directory):
    server = hanok_run("--workers", "2", "--timeout-keep-alive", "60")
    port = server.port(workers=2)
    connection = connect(port)
    old = connection.ask()
    code = (directory / "main.py").read_text().replace("str(os.getpid() if", "str('new' if")
    (directory / "main.py").write_text(code)
    server.signal(signal.SIGHUP)
    server.says(r"worker 3 .* takes the place of worker 1 .* \(reload\)")
    assert len(server.workers()) <= 3
    assert not connection.closing
    assert connection.is_told_to_close(by=old)
    server.says(r"worker 4 .* takes the place of worker 2 .* \(reload\)")
    server.says("reloaded")
    assert connect(port).ask() == "new"
    assert server.ends(signal.SIGTERM) == 0


def test_a_stop_does_not_wait_for_idle_connections_of_a_worker_that_was_replaced(hanok_run, connect):
    server = hanok_run("--timeout-keep-alive", "60")
    connection = connect(server.port())
    connection.ask()
    server.signal(signal.SIGHUP)
    server.says("takes the place of worker 1")
    server.signal(signal.SIGTERM)
    assert connection.http.sock.recv(1) == b""
    assert server.ends() == 0
    assert "unfinished" not in server.text


def test_a_reload_that_fails_leaves_the_old_workers(hanok_run, connect, directory):
    server = hanok_run("--workers", "2")
    port = server.port(workers=2)
    (directory / "main.py").write_text("oops\n")
    server.signal(signal.SIGHUP)
    server.says("name 'oops' is not defined")
    server.says(r"worker 3 .* failed to start \(exit code 1\): no reload, the old workers stay")
    assert int(connect(port).ask()) in server.workers()
    assert len(server.workers()) == 2
    assert server.ends(signal.SIGTERM) == 0


def test_signals_are_heard_while_a_reload_is_going_on(hanok_run, directory, until):
    server = hanok_run("--workers", "2")
    server.port(workers=2)
    (directory / "endless").touch()
    server.signal(signal.SIGHUP)
    until(lambda: len(server.workers()) == 3)
    server.signal(signal.SIGTTIN)
    server.says(r"3 workers from now on \(2 before\)")
    assert server.ends(signal.SIGTERM) == 0


def test_workers_come_and_go(hanok_run, until):
    server = hanok_run("--reuse-port")
    server.port()
    server.signal(signal.SIGTTOU)  # the last one stays
    server.says("asked to fewer")  # two signals that wait are taken in the order of their numbers
    server.signal(signal.SIGTTIN)
    server.says(r"2 workers from now on \(1 before\)")
    server.says("worker 2 .* serves")
    server.signal(signal.SIGTTOU)
    server.says(r"1 workers from now on \(2 before\)")
    until(lambda: len(server.workers()) == 1)
    assert server.ends(signal.SIGTERM) == 0


def test_workers_rest_and_come_back(hanok_run, connect, until):
    server = hanok_run()
    port = server.port()
    server.signal(signal.SIGWINCH)
    server.says("resting")
    until(lambda: not server.workers())
    waiting = connect(port)
    waiting.send()  # the listener is still there
    server.signal(signal.SIGHUP)
    assert int(waiting.answer()) in server.workers()
    assert server.ends(signal.SIGTERM) == 0


def test_log_files_are_opened_again(hanok_run, connect, directory, until):
    logs = ("--access-log-file", "access.log", "--error-log-file", "error.log", "--log-level", "debug")
    server = hanok_run(*logs)
    until(lambda: (directory / "error.log").exists() and "http://" in (directory / "error.log").read_text())
    port = int((directory / "error.log").read_text().split("127.0.0.1:")[1].split()[0])
    connect(port).ask("/first")
    until(lambda: "/first" in (directory / "access.log").read_text())
    for name in ("access", "error"):
        (directory / f"{name}.log").rename(directory / f"{name}.old")
    server.signal(signal.SIGUSR1)
    until((directory / "access.log").exists)
    until((directory / "error.log").exists)
    connect(port).ask("/second")
    until(lambda: "/second" in (directory / "access.log").read_text())
    assert server.ends(signal.SIGTERM) == 0
    assert "/second" not in (directory / "access.old").read_text()


def test_a_worker_that_is_stopped_from_outside_is_replaced(hanok_run):
    server = hanok_run()
    server.port()
    os.kill(server.workers()[0], signal.SIGTERM)
    server.says(r"worker 1 .* ended \(exit code 0\); replacing it")
    server.says("worker 2 .* serves")


# ---- the table


def test_every_wish_has_a_signal_and_every_signal_its_line():
    assert set(signals.WISHES.values()) == set(signals.Wish)
    for number in signals.WISHES:
        if number != signal.SIGCHLD:
            assert f"| `{number.name}` |" in signals.table()


def test_signals_are_read_in_the_order_in_which_they_came():
    assert threading.current_thread() is threading.main_thread()
    with signals.caught() as fd:
        for number in (signal.SIGUSR1, signal.SIGHUP, signal.SIGTTIN):
            os.kill(os.getpid(), number)
        assert signals.read(fd) == [signals.Wish.REOPEN, signals.Wish.RELOAD, signals.Wish.MORE]
        assert signals.read(fd) == []


def test_a_process_without_a_terminal_is_in_no_foreground():
    if signals.has_terminal():
        pytest.skip("this one has a terminal")
    assert not signals.is_in_foreground()


def test_websockets_are_told_that_the_service_restarts(hanok_run, directory):
    (directory / "ws.py").write_text(
        "async def app(scope, receive, send):\n"
        "    if scope['type'] == 'websocket':\n"
        "        await receive()\n"
        "        await send({'type': 'websocket.accept'})\n"
        "        while (await receive())['type'] != 'websocket.disconnect':\n"
        "            pass\n"
    )
    server = hanok_run("--lifespan", "off", target="ws:app")
    with socket.create_connection(("127.0.0.1", server.port()), timeout=40) as client:
        client.sendall(
            b"GET / HTTP/1.1\r\nHost: a\r\nUpgrade: websocket\r\nConnection: upgrade\r\n"
            b"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n"
        )
        assert b" 101 " in client.recv(1000)
        server.signal(signal.SIGHUP)
        frame = client.recv(1000)
    assert frame[0] == 0x88  # a close frame
    assert int.from_bytes(frame[2:4], "big") == 1012


def test_who_connects_to_a_server_that_stops_is_refused_at_once(hanok_run, connect, directory, until):
    server = hanok_run("--workers", "2")
    port = server.port(workers=2)
    connection = connect(port)
    keep_waiting(directory, connection, until)
    server.signal(signal.SIGTERM)

    def is_refused():
        try:
            socket.create_connection(("127.0.0.1", port), timeout=5).close()
        except ConnectionRefusedError:
            return True
        return False

    until(is_refused)
    (directory / "go").touch()
    connection.answer()
    assert server.ends() == 0
