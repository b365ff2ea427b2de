"""Hooks and options that are read again."""

import signal

HOOKS = """
import os

def note(name):
    def hook(*arguments):
        with open("called", "a") as file:
            file.write(f"{name} {' '.join(type(one).__name__ for one in arguments)}\\n")
    return hook

for _name in ("on_starting", "when_ready", "on_reload", "pre_fork", "child_exit", "nworkers_changed", "pre_exec",
              "on_exit", "post_fork", "post_worker_init", "worker_int", "worker_abort", "worker_exit"):
    globals()[_name] = note(_name)
"""


def test_hooks_are_called_in_the_supervisor_and_in_the_workers(hanok_run, directory):
    (directory / "conf.py").write_text(HOOKS)
    server = hanok_run("-c", "conf.py", "--timeout-worker-healthcheck", "2")
    server.port()
    server.signal(signal.SIGHUP)
    server.says("reloaded")
    server.signal(signal.SIGTTIN)
    server.says("worker 3 .* serves")
    assert server.ends(signal.SIGQUIT) == 0
    called = (directory / "called").read_text().splitlines()
    assert called[0] == "on_starting ServerFacts"
    assert called[1:5] == [
        "pre_fork ServerFacts WorkerFacts",
        "post_fork ServerFacts WorkerFacts",
        "post_worker_init WorkerFacts",
        "when_ready ServerFacts",
    ]
    assert "on_reload ServerFacts" in called
    assert "nworkers_changed ServerFacts int int" in called
    assert called.count("worker_int WorkerFacts") == 2
    assert called.count("worker_exit ServerFacts WorkerFacts") == 3
    assert called.count("child_exit ServerFacts WorkerFacts") == 3
    assert called[-1] == "on_exit ServerFacts"


def test_a_hook_is_told_of_a_blocked_worker_and_of_an_upgrade(hanok_run, connect, directory):
    (directory / "conf.py").write_text(HOOKS)
    server = hanok_run("-c", "conf.py", "--timeout-worker-healthcheck", "2")
    connection = connect(server.port())
    connection.send("/block")
    server.says("worker 2 .* serves")
    assert "worker_abort WorkerFacts" in (directory / "called").read_text()
    (directory / "broken").touch()
    server.signal(signal.SIGUSR2)
    server.says("the new supervisor has failed")
    assert "pre_exec ServerFacts" in (directory / "called").read_text()


def test_a_hook_that_fails_costs_nothing(hanok_run, directory):
    (directory / "conf.py").write_text("def when_ready(server):\n    raise ValueError('no')\n")
    server = hanok_run("-c", "conf.py")
    server.says("the hook when_ready failed")
    server.signal(signal.SIGHUP)
    server.says("reloaded")


def test_a_reload_reads_options_and_the_environment_file_again(hanok_run, connect, directory):
    (directory / "conf.toml").write_text("workers = 1\n")
    (directory / "env").write_text("STATE=before\n")
    (directory / "main.py").write_text(
        (directory / "main.py").read_text().replace("str(os.getpid() if", "str(STATE if")
    )
    server = hanok_run("-c", "conf.toml", "--env-file", "env")
    port = server.port()
    assert connect(port).ask() == "before"
    (directory / "conf.toml").write_text("workers = 2\n")
    (directory / "env").write_text("STATE=after\n")
    server.signal(signal.SIGHUP)
    server.says(r"2 workers from now on \(1 before\)")
    server.says("reloaded")
    assert connect(port).ask() == "after"
    (directory / "conf.toml").write_text("workers = 'many'\n")
    server.signal(signal.SIGHUP)
    server.says("no reload, the old workers stay: .*many")
    assert connect(port).ask() == "after"
