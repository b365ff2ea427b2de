import logging
import os
import signal
import subprocess
import sys
import time
import urllib.error
import urllib.request

import pytest

from hanok.exceptions import ConfigError
from hanok.server import logs
from hanok.server.config import Config
from hanok.server.run import read_env_file, run

APP = """
import gc
import os
from hanok.gateways import NativeApp

class App(NativeApp):
    async def handle(self, exchange):
        if exchange.path == "/frozen":
            exchange.answer(200, [], str(gc.get_freeze_count()).encode())
            return
        if exchange.path == "/die":
            os._exit(7)
        exchange.answer(200, [], str(os.getpid()).encode())

app = App()

async def failing(scope, receive, send):
    await receive()
    await send({"type": "lifespan.startup.failed", "message": "no database"})
"""
MAIN = """
import sys
from hanok.server.run import run
if __name__ == "__main__":
    sys.exit(run(sys.argv[1], port=0, workers=int(sys.argv[2]), app_dir=sys.argv[3], timeout_graceful_shutdown=2))
"""


class Program:
    """``run`` in a process of its own."""

    def __init__(self, directory, target, workers):
        (directory / "supervised_app.py").write_text(APP)
        (directory / "supervised_main.py").write_text(MAIN)
        command = [sys.executable, str(directory / "supervised_main.py"), target, str(workers), str(directory)]
        self.process = subprocess.Popen(
            command, stderr=subprocess.PIPE, stdout=subprocess.DEVNULL, text=True, env={**os.environ}
        )

    def url(self):
        for line in self.process.stderr:
            if "serving on " in line:
                return line.split("serving on ")[1].split()[0]
        raise AssertionError("it does not serve")

    def ask(self, url):
        """One answer; a connection that was in the backlog of a dying worker may be lost."""
        deadline = time.monotonic() + 20
        while True:
            try:
                with urllib.request.urlopen(url, timeout=5) as answer:
                    return int(answer.read())
            except (OSError, urllib.error.URLError):
                assert time.monotonic() < deadline

    def end(self, number=signal.SIGTERM):
        self.process.send_signal(number)
        _, errors = self.process.communicate(timeout=30)
        return self.process.returncode, errors


@pytest.fixture
def program(tmp_path):
    started = []

    def start(target="supervised_app:app", workers=2):
        started.append(Program(tmp_path, target, workers))
        return started[-1]

    yield start
    for one in started:
        if one.process.poll() is None:
            one.process.kill()
            one.process.wait()
        one.process.stderr.close()


def is_gone(pid):
    deadline = time.monotonic() + 20
    while time.monotonic() < deadline:
        try:
            os.kill(pid, 0)
        except ProcessLookupError:
            return True
        # An orphan in a container without a real init stays a zombie: it is gone all the same.
        with open(f"/proc/{pid}/stat") as file:
            if file.read().rsplit(")", 1)[1].split()[0] == "Z":
                return True
    return False


@pytest.mark.parametrize("workers", [1, 2])
def test_what_start_up_made_is_not_collected_again_and_again(program, workers):
    started = program(workers=workers)
    assert started.ask(started.url() + "/frozen") > 1000
    started.end()


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT, signal.SIGQUIT])
def test_workers_serve_and_stop_with_their_supervisor(program, number):
    one = program()
    url = one.url()
    pid = one.ask(url)
    assert pid != one.process.pid
    assert one.end(number)[0] == 0
    assert is_gone(pid)


def test_a_dead_worker_is_replaced(program):
    one = program(workers=2)
    url = one.url()
    with pytest.raises(OSError):  # noqa: PT011 - any way of losing the connection will do
        urllib.request.urlopen(url + "/die", timeout=5)
    told = next(line for line in one.process.stderr if "worker" in line)
    assert "ended (exit code 7); replacing it" in told
    assert one.ask(url)
    assert one.end()[0] == 0


def test_workers_stop_when_their_supervisor_dies(program):
    one = program()
    pid = one.ask(one.url())
    one.process.kill()
    one.process.wait()
    assert is_gone(pid)


def test_a_start_that_fails_ends_the_server(program):
    one = program("supervised_app:failing")
    _, errors = one.process.communicate(timeout=30)
    assert one.process.returncode == 3
    assert "the start-up of the application failed: no database" in errors


def test_a_wrong_target_ends_the_server(program):
    one = program("supervised_app:nothing")
    _, errors = one.process.communicate(timeout=30)
    assert one.process.returncode == 2
    assert "has no 'nothing'" in errors


def test_one_worker_is_supervised_too(program):
    one = program(workers=1)
    assert one.ask(one.url()) != one.process.pid
    assert one.end()[0] == 0


def test_several_workers_need_a_target_they_can_import():
    with pytest.raises(ConfigError, match="give it as module:attribute"):
        run(object(), workers=2)


def test_a_wrong_target_is_an_exit_code(capfd):
    assert run("no_such_module_at_all:app", port=0) == 2
    assert "no module 'no_such_module_at_all'" in capfd.readouterr().err


# ---- environment files and logs


def test_an_environment_file_fills_what_is_not_set(tmp_path, monkeypatch):
    monkeypatch.setenv("HANOK_TEST_A", "before")
    monkeypatch.setenv("HANOK_TEST_B", "")
    monkeypatch.delenv("HANOK_TEST_B")
    monkeypatch.setenv("HANOK_TEST_C", "")
    monkeypatch.delenv("HANOK_TEST_C")
    path = tmp_path / "env"
    path.write_text("# comment\n\nHANOK_TEST_A=after\nexport HANOK_TEST_B='two words'\nHANOK_TEST_C = c=d\n")
    read_env_file(str(path))
    assert [os.environ[f"HANOK_TEST_{x}"] for x in "ABC"] == ["before", "two words", "c=d"]


def test_a_wrong_environment_file_is_told(tmp_path):
    path = tmp_path / "env"
    path.write_text("A=b\nnonsense\n")
    with pytest.raises(ConfigError, match="line 2 of"):
        read_env_file(str(path))
    with pytest.raises(ConfigError, match="there is no file"):
        read_env_file(str(tmp_path / "none"))
    with pytest.raises(ConfigError, match="cannot be read"):
        read_env_file(str(tmp_path))


@pytest.fixture
def logger():
    logger = logging.getLogger("hanok")
    before = logger.handlers[:], logger.level, logger.propagate
    logger.handlers[:] = []
    yield logger
    logger.handlers[:], logger.level, logger.propagate = before
    logger.setLevel(before[1])


def test_logs_go_to_standard_error_once(logger):
    for _ in range(2):
        logs.configure(Config(log_level="warning"))
    assert [one.get_name() for one in logger.handlers].count("hanok") == 1
    assert logger.level == logging.WARNING
    logs.configure(Config(log_level="trace"))
    assert logger.level == logs.TRACE


def test_logging_can_be_configured_by_file(logger, tmp_path):
    path = tmp_path / "log.json"
    path.write_text('{"version": 1, "disable_existing_loggers": false}')
    logs.configure(Config(log_config=str(path)))
    assert all(one.get_name() != "hanok" for one in logger.handlers)
    ini = tmp_path / "log.ini"
    ini.write_text("[loggers]\nkeys=root\n[handlers]\nkeys=\n[formatters]\nkeys=\n[logger_root]\nhandlers=\n")
    logs.configure(Config(log_config=str(ini)))


@pytest.mark.parametrize("name", ["none.json", "none.ini", "bad.json"])
def test_a_wrong_logging_configuration_is_told(logger, tmp_path, name):
    (tmp_path / "bad.json").write_text("{")
    with pytest.raises(ConfigError, match="--log-config"):
        logs.configure(Config(log_config=str(tmp_path / name)))
