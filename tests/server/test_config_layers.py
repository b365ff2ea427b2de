"""Which of the places wins, and what is said of it."""

import pytest

from hanok.exceptions import ConfigError
from hanok.server.config_layers import DEFAULT, Setting, effective


@pytest.fixture
def write(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)

    def file(name, text):
        (tmp_path / name).write_text(text)
        return name

    return file


def test_the_nearer_place_wins(write):
    write("pyproject.toml", "[tool.hanok]\nworkers = 2\nbacklog = 2\nport = 2\nhost = '2.2.2.2'\nroot_path = '/2'\n")
    write("h.toml", "backlog = 3\nport = 3\nhost = '3.3.3.3'\n")
    found = effective(
        {"host": "5.5.5.5"},
        command={"lifespan": "off", "root_path": "/1"},
        command_name="hanok x",
        environ={"HANOK_CONFIG": "h.toml", "HANOK_PORT": "4", "HANOK_HOST": "4.4.4.4"},
    )
    assert {name: found.settings[name] for name in ("host", "port", "backlog", "workers", "root_path", "lifespan")} == {
        "host": Setting("5.5.5.5", "--host"),
        "port": Setting(4, "HANOK_PORT"),
        "backlog": Setting(3, "h.toml, line 1 (backlog)"),
        "workers": Setting(2, "pyproject.toml, line 2 (workers)"),
        "root_path": Setting("/2", "pyproject.toml, line 6 (root_path)"),
        "lifespan": Setting("off", "default of hanok x"),
    }
    assert found.settings["loop"] == Setting("auto", DEFAULT)
    assert (found.config.host, found.config.port, found.config.backlog) == ("5.5.5.5", 4, 3)


def test_pyproject_may_name_the_file_and_the_file_the_application(write):
    write("pyproject.toml", "[tool.hanok]\nconfig = 'h.toml'\napp = 'a:a'\n")
    write("h.toml", "app = 'b:b'\n")
    assert effective({}, environ={}).target == Setting("b:b", "h.toml")
    write("h.toml", "")
    assert effective({}, environ={}).target == Setting("a:a", "pyproject.toml")
    write("pyproject.toml", "")
    assert effective({}, environ={}).target is None


def test_the_command_line_names_another_file(write):
    write("a.toml", "port = 1")
    write("b.toml", "port = 2")
    assert effective({"config": "b.toml"}, environ={"HANOK_CONFIG": "a.toml"}).config.port == 2


def test_a_file_of_variables_is_read_before_the_environment(write, monkeypatch):
    write(".env", "HANOK_PORT=7\nHANOK_BACKLOG=7\n")
    write("pyproject.toml", "[tool.hanok]\nenv_file = '.env'\n")
    monkeypatch.setenv("HANOK_BACKLOG", "8")
    monkeypatch.setenv("HANOK_PORT", "")  # so that it is taken away at the end
    monkeypatch.delenv("HANOK_PORT")
    found = effective({})
    assert (found.config.port, found.config.backlog) == (7, 8)


@pytest.mark.parametrize(
    ("below", "above", "result"),
    [
        ("uds = '/s'", {"HANOK_PORT": "1"}, {"uds": None, "port": 1}),
        ("port = 5", {"HANOK_BIND": "a:1"}, {"bind": ("a:1",), "port": 8000}),
        ("bind = 'a:1'", {"HANOK_FD": "3"}, {"bind": (), "fd": 3}),
        ("port = 5", {"HANOK_HOST": "::"}, {"host": "::", "port": 5}),
        ("port = 5", {"HANOK_UDS": "none"}, {"uds": None, "port": 5}),
        ("backlog = 5", {"HANOK_UDS": "/s"}, {"uds": "/s", "backlog": 5}),
    ],
)
def test_one_way_to_listen_silences_the_others_below_it(write, below, above, result):
    write("pyproject.toml", f"[tool.hanok]\n{below}\n")
    config = effective({}, environ=above).config
    assert {name: getattr(config, name) for name in result} == result


def test_two_ways_in_one_place_are_a_mistake(write):
    write("pyproject.toml", "[tool.hanok]\nuds = '/s'\nbind = 'a:1'\n")
    with pytest.raises(ConfigError) as caught:
        effective({}, environ={})
    assert "--uds, --fd and --bind exclude each other" in str(caught.value)


def test_options_that_do_not_go_together_are_told_with_their_places(write):
    write("pyproject.toml", "[tool.hanok]\nworkers = 4\n")
    with pytest.raises(ConfigError) as caught:
        effective({"reload": True}, environ={})
    assert "(--workers is from pyproject.toml, line 2 (workers).)" in str(caught.value)


def test_an_address_that_cannot_be_is_told_with_its_place(write):
    write("pyproject.toml", "[tool.hanok]\nbind = '::1'\n")
    with pytest.raises(ConfigError) as caught:
        effective({}, environ={})
    assert "--bind: '::1' is no address" in str(caught.value)
    assert str(caught.value).endswith("(--bind is from pyproject.toml, line 2 (bind).)")


def test_a_wrong_variable_is_named(write):
    with pytest.raises(ConfigError, match=r"^WEB_CONCURRENCY: 'x' is not accepted; give a whole number from 1 to 1024"):
        effective({}, environ={"WEB_CONCURRENCY": "x"})


def test_what_means_less_here_is_told(write):
    write("g.py", "threads = 5\n")
    found = effective({"http": "h11", "ws": "wsproto", "config": "g.py"}, environ={})
    assert [remark.partition(":")[0] for remark in found.remarks] == [
        "g.py (threads)",
        "--http h11",
        "--ws wsproto",
    ]
    assert effective({"http": "httptools", "ws": "websockets-sansio"}, environ={}).remarks == []
