"""Health: a worker that does not answer is found, named with its stack, and replaced; one that has done its share too."""

import os
import signal
import threading
import time

import pytest

from hanok.server.supervisor.backoff import Backoff
from hanok.server.supervisor.heartbeat import CONNECTIONS, LOOP, THREAD, Heartbeat, Pulse, interval_for

SOON = ("--timeout-worker-healthcheck", "1.5")


@pytest.mark.parametrize(
    ("path", "reason", "where"),
    [
        ("/block", "its event loop is blocked, for 1.5 seconds", r'main\.py", line \d+ in app'),
        ("/hold", "the process does not run: it is stopped, or in code that keeps the interpreter lock", r"main\.py"),
        ("/freeze", "the process does not run", "It does not say where"),
    ],
)
def test_a_worker_that_hangs_is_named_and_killed(hanok_run, connect, path, reason, where):
    server = hanok_run(*SOON)
    port = server.port()
    connection = connect(port)
    connection.send(path)
    server.says(rf"worker 1 \(process \d+\) is killed: {reason}")
    server.says(where)
    server.says(r"worker 1 .* ended \(killed by its supervisor: .*; replacing it")
    server.says("worker 2 .* serves")
    assert int(connect(port).ask()) in server.workers()
    assert server.ends(signal.SIGTERM) == 0


@pytest.mark.parametrize(
    ("options", "path", "reason"),
    [
        (("--limit-max-requests", "2"), "/", "it has taken 2 requests"),
        (("--workers-max-rss", "150"), "/grow", r"it uses \d+ MiB of memory"),
        (("--workers-lifetime", "0.5"), "/", "it has served for 0.5 seconds"),
    ],
)
def test_a_worker_that_has_done_its_share_is_replaced_and_loses_nothing(hanok_run, connect, options, path, reason):
    server = hanok_run(*options, "--timeout-keep-alive", "60")
    port = server.port()
    connection = connect(port)
    old = connection.ask(path)
    assert not connection.closing
    if "--workers-lifetime" not in options:
        connection.ask(path)
    server.says(rf"worker 1 \(process {old}\) is replaced: {reason}")
    server.says(rf"worker 2 .* takes the place of worker 1 \(process {old}\)")
    assert connection.is_told_to_close(by=old)
    assert connect(port).ask() != old


def test_a_worker_stays_while_its_replacement_cannot_start(hanok_run, connect, directory):
    server = hanok_run("--limit-max-requests", "1")
    connection = connect(server.port())
    (directory / "broken").touch()
    old = connection.ask()
    server.says(rf"worker 2 .* failed to start \(exit code 3\); worker 1 \(process {old}\) stays")
    assert connection.ask() == old
    assert not connection.closing
    (directory / "broken").unlink()
    server.says(r"takes the place of worker 1")


# ---- the parts


def test_beats_tell_a_blocked_loop_from_a_stopped_process():
    heartbeat = Heartbeat()
    assert heartbeat.pulse(0.05) is Pulse.STOPPED
    assert heartbeat.pulse(0.05, since=time.monotonic()) is Pulse.WELL  # the supervisor was asleep itself
    heartbeat.beat(THREAD)  # long after the loop, which never has
    assert heartbeat.pulse(10) is Pulse.BLOCKED
    heartbeat.beat(LOOP)
    assert heartbeat.pulse(10) is Pulse.WELL
    heartbeat.close()


def test_a_page_is_shared_by_its_descriptor():
    heartbeat = Heartbeat()
    other = Heartbeat(os.dup(heartbeat.fd))
    thread = threading.Thread(target=other.tell, args=(CONNECTIONS, 7))
    thread.start()
    thread.join()
    assert heartbeat.told(CONNECTIONS) == 7
    heartbeat.close()
    other.close()


@pytest.mark.parametrize(("patience", "interval"), [(None, 1), (30, 1), (2, 0.5), (0.01, 0.02)])
def test_beats_are_as_frequent_as_needed(patience, interval):
    assert interval_for(patience) == interval


def test_pauses_grow_to_a_limit_and_are_forgotten_after_success():
    backoff = Backoff(0.5, 4)
    assert [backoff.failed(0) for _ in range(6)] == [0, 0.5, 1, 2, 4, 4]
    assert backoff.until == 4
    backoff.succeeded()
    assert backoff.failed(100) == 0
    assert backoff.until == 100
