"""Processes: they start, they serve, they are replaced, and none is left behind."""

import os
import signal
import socket
import sys

import pytest


def is_gone(pid):
    """Not counting a zombie, which in a container without an init stays."""
    try:
        with open(f"/proc/{pid}/stat") as file:
            return file.read().rpartition(")")[2].split()[0] == "Z"
    except (FileNotFoundError, ProcessLookupError):
        return True


def test_even_one_worker_is_supervised(hanok_run, connect):
    server = hanok_run()
    assert connect(server.port()).ask() == str(server.workers()[0])
    assert server.ends(signal.SIGTERM) == 0


@pytest.mark.parametrize("options", [(), ("--preload",), ("--reuse-port",)])
def test_a_killed_worker_is_replaced_and_named(hanok_run, connect, options):
    server = hanok_run("--workers", "2", *options)
    port = server.port(workers=2)
    victim = server.workers()[0]
    os.kill(victim, signal.SIGKILL)
    server.says(
        rf"worker \d+ \(process {victim}\) ended \(killed by SIGKILL: by kill -9, or out of memory\); replacing it"
    )
    server.says(r"worker 3 \(process \d+\) serves")
    assert int(connect(port).ask()) in server.workers()
    assert len(server.workers()) == 2
    assert server.ends(signal.SIGTERM) == 0


def test_a_crash_is_named_by_its_signal(hanok_run, connect):
    server = hanok_run()
    connection = connect(server.port())
    with pytest.raises(OSError):  # noqa: PT011 - any way of losing the connection will do
        connection.ask("/crash")
    server.says(r"ended \(killed by SIGSEGV\); replacing it")


def test_workers_end_by_themselves_when_their_supervisor_is_killed_and_tidy_up(hanok_run, directory, until):
    server = hanok_run("--workers", "2", "--pid", "pid", address=("--uds", "socket"))
    server.says("unix:socket")
    until(lambda: len(server.workers()) == 2)
    workers = server.workers()
    assert (directory / "pid").read_text() == f"{server.pid}\n"
    server.signal(signal.SIGKILL)
    server.says(rf"the supervisor \(process {server.pid}\) has died")
    server.ends()
    until(lambda: all(map(is_gone, workers)))
    assert not (directory / "pid").exists()
    assert not (directory / "socket").exists()


def test_a_worker_that_is_importing_ends_with_its_supervisor_too(hanok_run, directory, until):
    (directory / "slow.py").write_text("import time, os\nopen('importing', 'w').close()\ntime.sleep(1000)\n")
    server = hanok_run(target="slow:app")
    until((directory / "importing").exists)
    (worker,) = server.workers()
    server.signal(signal.SIGKILL)
    server.ends()
    until(lambda: is_gone(worker))


def test_a_worker_that_is_importing_when_its_supervisor_dies_leaves_no_files_behind(hanok_run, directory, until):
    (directory / "second.py").write_text(
        "import os, time\nfrom main import app\n"
        "try:\n    open('first', 'x').close()\n"
        "except FileExistsError:\n    open('importing', 'w').close()\n    time.sleep(1000)\n"
    )
    server = hanok_run("--workers", "2", "--pid", "pid", address=("--uds", "socket"), target="second:app")
    server.says("unix:socket")
    until((directory / "importing").exists)
    server.signal(signal.SIGKILL)
    server.ends()
    assert not (directory / "pid").exists()
    assert not (directory / "socket").exists()


def test_files_are_removed_at_a_normal_end(hanok_run, directory):
    server = hanok_run("--pid", "pid", address=("--uds", "socket"))
    server.says("unix:socket")
    assert (directory / "pid").exists()
    assert server.ends(signal.SIGTERM) == 0
    assert not (directory / "pid").exists()
    assert not (directory / "socket").exists()


def test_a_second_server_does_not_take_the_pid_file(hanok_run, directory):
    first = hanok_run("--pid", "pid")
    first.port()
    second = hanok_run("--pid", "pid")
    assert second.ends() == 2
    assert f"process {first.pid}" in " ".join(second.text.split())
    assert (directory / "pid").read_text() == f"{first.pid}\n"


def test_a_crash_loop_is_slowed_down(hanok_run, directory, connect):
    server = hanok_run("--workers", "2")
    connection = connect(server.port(workers=2))
    (directory / "broken").touch()
    os.kill(int(connection.ask()), signal.SIGKILL)
    pauses = [float(server.says(r"ended \(exit code 3\); replacing it in ([\d.]+) seconds")[1]) for _ in range(2)]
    assert pauses in ([0.5, 1.0], [1.0, 2.0])
    (directory / "broken").unlink()
    server.says(r"worker \d .* serves")


# ---- what goes wrong at the start


def test_a_port_in_use(hanok_run):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        server = hanok_run(address=("--port", str(taken.getsockname()[1])))
        assert server.ends() == 2
    assert "is in use" in server.text


def test_a_missing_certificate(hanok_run):
    server = hanok_run("--ssl-certfile", "none.pem")
    assert server.ends() == 2
    assert "--ssl-certfile" in server.text
    assert "worker" not in server.text


def test_an_application_that_cannot_be_read(hanok_run, directory):
    (directory / "bad.py").write_bytes(b"app = '\xff'\n")
    server = hanok_run(target="bad:app")
    assert server.ends() == 1
    assert "SyntaxError" in server.text
    assert "failed to start (exit code 1); the server stops" in server.text


def test_an_application_that_fails_at_its_lifespan(hanok_run, directory):
    (directory / "broken").touch()
    server = hanok_run("--workers", "2")
    assert server.ends() == 3
    assert "the start-up of the application failed: no database" in server.text
    assert "failed to start (exit code 3); the server stops" in server.text


def test_an_application_that_never_becomes_ready(hanok_run, directory):
    (directory / "endless").touch()
    server = hanok_run("--timeout-worker-boot", "8")  # long enough for a slow machine to get there
    assert server.ends() == 3
    assert "it did not serve within 8 seconds (--timeout-worker-boot). It is here:" in server.text
    assert "in _run\n" in server.text  # the stacks


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (("--user", "no-such-user"), "no user 'no-such-user'"),
        (("--group", "no-such-group"), "no group 'no-such-group'"),
        (("--umask", "9"), "'9' is not an octal number"),
        (("--pid", "no/such/directory/pid"), "cannot be written"),
    ],
)
def test_what_a_process_cannot_be(hanok_run, options, message):
    server = hanok_run(*options)
    assert server.ends() == 2
    assert message in " ".join(server.text.replace("│", " ").split())


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can become another")
def test_workers_become_who_they_should_be(hanok_run, connect):
    server = hanok_run("--user", "0", "--group", "12345", "--umask", "027")
    assert connect(server.port()).ask("/who") == str((0, 12345, 0o27))


# ---- systemd


def test_systemd_is_told(hanok_run, tmp_path):
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as listener:
        listener.bind(str(tmp_path / "notify"))
        listener.settimeout(40)
        server = hanok_run(NOTIFY_SOCKET=str(tmp_path / "notify"), WATCHDOG_USEC="200000")

        def told():
            while (text := listener.recv(1000).decode()) == "WATCHDOG=1":
                pass
            return text

        assert listener.recv(1000) == b"WATCHDOG=1"
        assert told() == "READY=1\nSTATUS=1 workers"
        server.signal(signal.SIGHUP)
        assert told().startswith("RELOADING=1\nMONOTONIC_USEC=")
        assert told() == "READY=1\nSTATUS=1 workers"
        server.signal(signal.SIGTERM)
        assert told() == "STOPPING=1"


ACTIVATE = """
import os, sys
os.dup2(int(sys.argv[1]), 3)
os.environ.update(LISTEN_PID=str(os.getpid()), LISTEN_FDS="1")
os.execv(sys.argv[2], sys.argv[2:])
"""


def test_systemd_hands_sockets_over(hanok_run, connect):
    with socket.create_server(("127.0.0.1", 0)) as given:
        prefix = (sys.executable, "-c", ACTIVATE, str(given.fileno()))
        server = hanok_run(prefix=prefix, pass_fds=(given.fileno(),))
        port = server.port()
        assert port == given.getsockname()[1]
        assert int(connect(port).ask()) in server.workers()
