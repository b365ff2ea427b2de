"""USR2: a new supervisor takes the listeners over, or the old one goes on."""

import json
import os
import signal

from hanok.server.config import Config
from hanok.server.supervisor import handover


def test_a_new_supervisor_takes_over_with_new_code(hanok_run, connect, directory, until):
    server = hanok_run("--workers", "2", "--pid", "pid", "--admin-bind", "127.0.0.1:0", "--timeout-keep-alive", "60")
    port = server.port(workers=2)
    connection = connect(port)
    old = connection.ask()
    code = (directory / "main.py").read_text().replace("str(os.getpid() if", "str('new' if")
    (directory / "main.py").write_text(code)
    server.signal(signal.SIGUSR2)
    new = int(server.says(r"a new supervisor starts \(process (\d+)\)")[1])
    server.says(rf"the new supervisor \(process {new}\) serves; this one drains")
    assert connection.is_told_to_close(by=old)
    assert server.process.wait(40) == 0
    assert connect(port).ask() == "new"
    assert (directory / "pid").read_text() == f"{new}\n"
    os.kill(new, signal.SIGTERM)
    assert server.ends() == 0
    assert not (directory / "pid").exists()


def test_a_unix_socket_keeps_its_file_until_the_last_server_has_gone(hanok_run, directory, until):
    server = hanok_run("--preload", address=("--uds", "socket"))
    server.says("unix:socket")
    server.signal(signal.SIGUSR2)
    new = int(server.says(r"a new supervisor starts \(process (\d+)\)")[1])
    assert server.process.wait(40) == 0
    assert (directory / "socket").exists()
    os.kill(new, signal.SIGTERM)
    server.ends()
    assert not (directory / "socket").exists()


def test_a_new_supervisor_that_fails_changes_nothing(hanok_run, connect, directory):
    server = hanok_run("--pid", "pid")
    port = server.port()
    old = connect(port).ask()
    (directory / "broken").touch()
    server.signal(signal.SIGUSR2)
    server.says(r"the new supervisor has failed \(exit code 3\); this one goes on")
    assert connect(port).ask() == old
    assert (directory / "pid").read_text() == f"{server.pid}\n"
    (directory / "broken").unlink()
    server.signal(signal.SIGUSR2)
    new = int(server.says(r"the new supervisor \(process (\d+)\) serves")[1])
    os.kill(new, signal.SIGTERM)
    assert server.ends() == 0


def test_a_stop_ends_the_new_supervisor_too(hanok_run, directory, until):
    server = hanok_run()
    server.port()
    (directory / "endless").touch()
    server.signal(signal.SIGUSR2)
    server.says("a new supervisor starts")
    server.signal(signal.SIGUSR2)
    server.says("no new supervisor is started: one is starting")
    assert server.ends(signal.SIGTERM) == 0  # no process holds the output any more


def test_what_was_handed_to_another_process_is_not_taken():
    environ = {handover.VARIABLE: json.dumps({"parent": os.getpid()})}
    assert handover.inherited(Config(), environ) is None
    assert environ == {}
    assert handover.inherited(Config(), {}) is None


def test_the_directory_is_called_as_it_was_typed(tmp_path, monkeypatch):
    (tmp_path / "release-1").mkdir()
    (tmp_path / "current").symlink_to("release-1")
    monkeypatch.chdir(tmp_path / "current")
    monkeypatch.setenv("PWD", str(tmp_path / "current"))
    assert handover.working_directory() == str(tmp_path / "current")
    monkeypatch.setenv("PWD", "/nowhere/at/all")
    assert handover.working_directory() == os.getcwd()
