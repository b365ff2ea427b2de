"""The parts of the process manager, one by one."""

import errno
import os
import signal
import socket
import subprocess
import sys
import threading
import types

import pytest

from hanok.exceptions import ConfigError
from hanok.server.config import Config
from hanok.server.identity import Identity
from hanok.server.notify import Notifier
from hanok.server.pidfile import PidFile
from hanok.server.supervisor import leftovers, sockets, spawn, states
from hanok.server.supervisor.endings import Endings
from hanok.server.supervisor.heartbeat import Beats, Heartbeat
from hanok.server.supervisor.states import ProcessEvent, ProcessState, SupervisorEvent, SupervisorState

# ---- tables


@pytest.mark.parametrize(
    ("table", "first", "last"),
    [
        (states.PROCESS, ProcessState.SPAWNED, ProcessState.REAPED),
        (states.SUPERVISOR, SupervisorState.STARTING, SupervisorState.STOPPED),
    ],
)
def test_every_state_can_be_reached_and_left_and_the_last_one_is_the_end(table, first, last):
    reached = {first}
    for _ in type(first):
        reached |= {then for ways in table.values() for before, then in ways.items() if before in reached}
    assert reached == set(type(first))
    left = {before for ways in table.values() for before, then in ways.items() if before is not then}
    assert left == set(type(first)) - {last}


def test_what_the_table_does_not_have_cannot_happen():
    assert states.after(states.PROCESS, ProcessState.SPAWNED, ProcessEvent.SERVES) is ProcessState.READY
    with pytest.raises(states.IllegalTransition, match="SERVES cannot happen in READY"):
        states.after(states.PROCESS, ProcessState.READY, ProcessEvent.SERVES)
    with pytest.raises(states.IllegalTransition, match="EMPTY cannot happen in SERVING"):
        states.after(states.SUPERVISOR, SupervisorState.SERVING, SupervisorEvent.EMPTY)


# ---- systemd


def test_an_abstract_socket_is_written_with_an_at():
    name = f"hanok-test-{os.getpid()}"
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as listener:
        listener.bind("\0" + name)
        Notifier({"NOTIFY_SOCKET": "@" + name}).main_pid(7)
        assert listener.recv(100) == b"MAINPID=7"


def test_nothing_is_said_where_nobody_asked():
    for environ in ({}, {"NOTIFY_SOCKET": "vsock:1:2"}, {"NOTIFY_SOCKET": "/no/such/socket", "WATCHDOG_USEC": "x"}):
        notifier = Notifier(environ)
        notifier.stopping()
        assert notifier.interval is None


def test_the_watchdog_of_another_process_is_not_ours():
    environ = {"NOTIFY_SOCKET": "/s", "WATCHDOG_USEC": "3000000"}
    assert Notifier(environ).interval == 1.5
    assert Notifier({**environ, "WATCHDOG_PID": "1"}).interval is None


def test_sockets_for_another_process_are_not_taken():
    environ = {"LISTEN_PID": "1", "LISTEN_FDS": "1", "LISTEN_FDNAMES": "a"}
    assert sockets.activated(environ, 100) == []
    assert environ == {}


def test_what_is_handed_over_has_to_be_a_socket(monkeypatch, tmp_path):
    with (tmp_path / "file").open("w") as file:
        monkeypatch.setattr(sockets, "FIRST_ACTIVATED", file.fileno())
        with pytest.raises(ConfigError, match=f"LISTEN_FDS: {file.fileno()} is not a socket"):
            sockets.activated({"LISTEN_PID": str(os.getpid()), "LISTEN_FDS": "1"}, 100)


# ---- listeners


def test_all_workers_share_the_listeners():
    listeners = sockets.Listeners.open(Config(port=0), {})
    assert listeners.of(0) is listeners.of(3) is listeners.shown
    listeners.close()


def test_each_slot_has_listeners_of_its_own_if_asked(tmp_path):
    path = tmp_path / "s"
    listeners = sockets.Listeners.open(Config(bind=("127.0.0.1:0", f"unix:{path}"), reuse_port=True), {})
    (tcp, unix), (other_tcp, other_unix) = listeners.of(0), listeners.of(1)
    assert tcp.getsockname() == other_tcp.getsockname()
    assert tcp is not other_tcp
    assert unix is other_unix
    listeners.drop(1)
    assert other_tcp.fileno() == -1
    assert unix.fileno() != -1
    assert listeners.files == ((str(path), path.stat().st_ino),)
    listeners.close(remove=False)
    assert path.exists()


# ---- files


def test_a_pid_file_is_locked_as_long_as_its_server_lives(tmp_path):
    path = tmp_path / "pid"
    path.write_text("999999\n")  # left behind
    first, second = PidFile(str(path)), PidFile(str(path))
    first.write()
    assert path.read_text() == f"{os.getpid()}\n"
    with pytest.raises(ConfigError, match=f"belongs to a server that runs, process {os.getpid()}"):
        second.write()
    second.take_over()
    first.remove()  # no longer the one that is there
    assert path.exists()
    second.remove()
    assert not path.exists()
    second.remove()


def test_a_pid_file_that_vanishes_meanwhile_is_made_again(tmp_path, monkeypatch):
    import fcntl

    path = tmp_path / "pid"
    real = fcntl.flock
    calls = []

    def flock(fd, how):
        calls.append(fd)
        if len(calls) == 1:
            path.unlink()
        real(fd, how)

    monkeypatch.setattr(fcntl, "flock", flock)
    pidfile = PidFile(str(path))
    pidfile.write()
    assert len(calls) == 2
    pidfile.remove()


def test_a_file_system_without_locks_is_told(tmp_path, monkeypatch):
    import fcntl

    def flock(fd, how):
        raise OSError(errno.ENOLCK, "No locks available")

    monkeypatch.setattr(fcntl, "flock", flock)
    with pytest.raises(ConfigError, match="cannot be written: No locks available"):
        PidFile(str(tmp_path / "pid")).write()


def test_only_what_a_dead_supervisor_has_left_is_removed(tmp_path):
    pid, other = tmp_path / "pid", tmp_path / "other"
    pid.write_text("17\n")
    other.write_text("18\n")
    used, left = tmp_path / "used", tmp_path / "left"
    with socket.socket(socket.AF_UNIX) as listening, socket.socket(socket.AF_UNIX) as closed:
        listening.bind(str(used))
        listening.listen()
        closed.bind(str(left))
        closed.close()
        files = tuple((str(one), one.stat().st_ino) for one in (pid, other, used, left))
        leftovers.tidy((*files, (str(tmp_path / "none"), 1)), 17)
    assert [one.exists() for one in (pid, other, used, left)] == [False, True, True, False]


def test_a_supervisor_has_died_when_it_is_the_parent_no_more(monkeypatch):
    """Its end of the socket may be closed a moment before that."""
    ours, theirs = socket.socketpair()
    with ours, theirs:
        ours.setblocking(False)
        parents = [17] * 3 + [1] * 2
        monkeypatch.setattr(os, "getppid", lambda: parents.pop(0))
        theirs.send(b"stop\n")
        theirs.close()
        assert leftovers.has_died(17, ours)
        assert len(parents) == 0


def test_a_supervisor_that_may_still_speak_has_not_died(monkeypatch):
    ours, theirs = socket.socketpair()
    with ours, theirs:
        ours.setblocking(False)
        monkeypatch.setattr(os, "getppid", lambda: 17)
        assert not leftovers.has_died(17, ours)
        assert leftovers.has_died(18, ours)
        theirs.send(b"never read")
        ours.send(b"never read")
        theirs.close()  # which is a reset for the other
        monkeypatch.setattr(leftovers, "DYING", 0)
        assert not leftovers.has_died(17, ours)


def test_a_worker_that_ends_after_its_supervisor_ends_in_its_own_way():
    grace_began, given_up = threading.Event(), threading.Event()

    def grace():
        grace_began.set()
        return 1000.0

    heartbeat = Heartbeat()
    beats = Beats(heartbeat, 0.001, -1, grace, given_up.set)
    beats.start()
    assert grace_began.wait(30)
    beats.stop()
    heartbeat.close()
    assert not given_up.is_set()


def test_a_worker_that_does_not_end_after_its_supervisor_is_given_up():
    given_up = threading.Event()
    heartbeat = Heartbeat()
    beats = Beats(heartbeat, 0.001, -1, lambda: 0.0, given_up.set)
    beats.start()
    assert given_up.wait(30)
    beats.stop()
    heartbeat.close()


# ---- who a process is


def test_a_user_brings_its_group_and_a_number_needs_no_entry():
    import pwd

    if os.geteuid() != 0:
        pytest.skip("only root can become another")
    nobody = pwd.getpwnam("nobody")
    assert Identity.of(Config(user="nobody")) == Identity(nobody.pw_uid, nobody.pw_gid, None, "nobody")
    assert Identity.of(Config(user="nobody", group="0")).gid == 0
    assert Identity.of(Config(user="54321")) == Identity(54321, None, None, "54321")


def test_only_root_can_become_another(monkeypatch):
    monkeypatch.setattr(os, "geteuid", lambda: 1000)
    monkeypatch.setattr(os, "getegid", lambda: 1000)
    with pytest.raises(ConfigError, match="--user: only root can become another; this process is user 1000"):
        Identity.of(Config(user="0"))
    assert Identity.of(Config(user="1000", group="1000", umask="22")).umask == 0o22


# ---- ends


@pytest.fixture
def counter(tmp_path):
    path = tmp_path / "vmstat"
    path.write_text("pgfault 12\noom_kill 3\n")
    return path


def test_a_victim_of_the_kernel_is_told_from_one_of_kill(counter):
    endings = Endings(str(counter))
    worker = types.SimpleNamespace(killed_for=None)
    assert endings.how(worker, 3) == "exit code 3"
    assert endings.how(worker, -signal.SIGSEGV) == "killed by SIGSEGV"
    assert endings.how(worker, -63) == "killed by signal 63"
    assert endings.how(worker, -signal.SIGKILL) == "killed by SIGKILL: by kill -9, or out of memory"
    counter.write_text("oom_kill 4\n")
    assert endings.how(worker, -signal.SIGKILL) == "killed by SIGKILL: the machine, or this container, is out of memory"
    worker.killed_for = "its event loop is blocked"
    assert endings.how(worker, -signal.SIGKILL) == "killed by its supervisor: its event loop is blocked"
    assert Endings(str(counter) + "-none").of(0) == "exit code 0"


def test_a_new_interpreter_has_the_options_of_this_one():
    code = "from hanok.server.supervisor.spawn import interpreter_options as o; print(o())"
    told = subprocess.run(
        [sys.executable, "-B", "-O", "-Wignore", "-Xutf8", "-Ximporttime=1", "-c", code], capture_output=True, text=True
    )
    assert told.stdout.strip() == "['-Xutf8', '-Ximporttime=1', '-Wignore', '-B', '-O']"


def test_a_child_that_somebody_else_reaped_has_ended():
    child = subprocess.Popen([sys.executable, "-c", ""])
    child.wait()
    assert spawn.Forked(child.pid).poll() == 1
