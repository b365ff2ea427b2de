"""The table of the reloader, and which files it looks at. Its behaviour is tested through ``hanok dev``."""

from __future__ import annotations

import os
import signal
import socket
import sys
from pathlib import Path

import pytest

from hanok.exceptions import ConfigError
from hanok.server import reload
from hanok.server.config import Config
from hanok.server.reload import TRANSITIONS, Reloader, ReloadEvent, ReloadState
from hanok.server.watcher import PathFilter, watched_directories


def test_every_event_has_its_row() -> None:
    assert set(TRANSITIONS) == set(ReloadEvent)


def test_a_stop_is_heard_in_every_state_and_leads_to_the_end() -> None:
    assert set(TRANSITIONS[ReloadEvent.STOP]) == set(ReloadState) - {ReloadState.STOPPED}
    assert set(TRANSITIONS[ReloadEvent.STOP].values()) == {ReloadState.STOPPING, ReloadState.STOPPED}


def test_a_change_never_undoes_a_stop() -> None:
    assert TRANSITIONS[ReloadEvent.CHANGED][ReloadState.STOPPING] is ReloadState.STOPPING


def test_a_broken_application_is_started_by_the_next_change() -> None:
    assert TRANSITIONS[ReloadEvent.CHANGED][ReloadState.BROKEN] is ReloadState.STARTING


@pytest.mark.parametrize(
    ("path", "matters"),
    [
        ("main.py", True),
        ("package/deep/module.py", True),
        ("notes.txt", False),
        (".hidden.py", False),
        (".git/hook.py", False),
        ("package/__pycache__/main.py", False),
        (".venv/lib/site.py", False),
        ("node_modules/x/y.py", False),
        ("~main.py", False),
        ("generated/code.py", False),
    ],
)
def test_source_files_matter_and_others_do_not(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, path: str, matters: bool
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "generated").mkdir()
    config = Config(reload_excludes=(".*", "~*", "generated"))
    chosen = PathFilter(config, [tmp_path.resolve()])
    assert chosen(str(tmp_path.resolve() / path)) is matters


def test_a_hidden_directory_above_the_watched_one_changes_nothing(tmp_path: Path) -> None:
    root = tmp_path.resolve() / ".work" / "project"
    chosen = PathFilter(Config(), [root])
    assert chosen(str(root / "main.py"))
    assert chosen(str(tmp_path / "elsewhere" / "main.py"))


def test_includes_widen_what_matters(tmp_path: Path) -> None:
    chosen = PathFilter(Config(reload_includes=("*.py", "*.html")), [tmp_path])
    assert chosen(str(tmp_path / "page.html"))


def test_nested_directories_are_watched_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "inner").mkdir()
    config = Config(reload_dirs=(str(tmp_path), str(tmp_path / "inner")))
    assert watched_directories(config) == [tmp_path.resolve()]
    monkeypatch.chdir(tmp_path)
    assert watched_directories(Config()) == [tmp_path.resolve()]
    assert watched_directories(Config(app_dir="inner")) == [tmp_path.resolve() / "inner"]


def test_a_directory_that_is_not_there_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="is not a directory"):
        watched_directories(Config(reload_dirs=(str(tmp_path / "nowhere"),)))


# ---- the reloader with children of our own making

DEAF = """
import os, pickle, signal, sys
signal.signal(signal.SIGTERM, signal.SIG_IGN)
with open(int(sys.argv[1]), "rb") as pipe:
    assignment = pickle.load(pipe)
os.write(assignment.ready_fd, b"{}\\n")
while True:
    signal.pause()
"""

KILLS_ITSELF = "import os, signal; os.kill(os.getpid(), signal.SIGKILL)"


class Run:
    """A reloader over a real socket and children that run ``source``; what it says is kept."""

    def __init__(self, source: str, directory: Path) -> None:
        self.said: list[str] = []
        self.code: int | None = None
        config = Config(reload=True, reload_dirs=(str(directory),))
        self.listener = socket.create_server(("127.0.0.1", 0))
        command = (sys.executable, "-c", source)
        try:
            self.reloader = Reloader("main:app", config, [self.listener], command, say=self.say, on_ready=self.ready)
        except ConfigError:
            self.listener.close()
            raise

    def ready(self, told: object) -> None:
        os.kill(os.getpid(), signal.SIGTERM)

    def say(self, event: ReloadEvent, text: str) -> None:
        self.said.append(text)
        if event is ReloadEvent.ENDED:
            os.kill(os.getpid(), signal.SIGTERM)

    def __enter__(self) -> Run:
        self.code = self.reloader.run()
        return self

    def __exit__(self, *error: object) -> None:
        self.listener.close()


def test_a_child_that_does_not_end_in_time_is_killed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reload, "KILL_AFTER", 0.0)
    monkeypatch.setattr(reload, "GRACE", 0.05)
    with Run(DEAF, tmp_path) as run:
        assert run.said == ["The process did not end in time and was killed."]
        assert run.code == 0
        assert run.reloader.state is ReloadState.STOPPED


def test_a_child_that_a_signal_has_ended_is_told_so(tmp_path: Path) -> None:
    with Run(KILLS_ITSELF, tmp_path) as run:
        assert run.said == ["ended by SIGKILL; waiting for the next save"]
        assert run.code == 0


def test_reload_needs_sockets_that_can_be_handed_over(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "platform", "win32")
    with pytest.raises(ConfigError, match="Windows"):
        Run(DEAF, tmp_path)
