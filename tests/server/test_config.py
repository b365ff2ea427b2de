import dataclasses

import pytest

from hanok.exceptions import ConfigError
from hanok.server.config import OPTIONS, Config, environment, options


def option(name):
    return next(one for one in options() if one.name == name)


def test_every_field_is_an_option_with_a_flag_a_variable_and_help():
    assert [one.name for one in OPTIONS] == [field.name for field in dataclasses.fields(Config)]
    for one in OPTIONS:
        assert one.flag.startswith("--")
        assert one.env == f"HANOK_{one.name.upper()}"
        assert one.help.endswith(".")
        assert one.accepts


def test_the_defaults_are_accepted_and_cannot_be_changed():
    config = Config()
    with pytest.raises(dataclasses.FrozenInstanceError):
        config.port = 1


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"port": 70000}, "--port (or HANOK_PORT): 70000 is not accepted; give a whole number from 0 to 65535."),
        ({"port": "80"}, "--port (or HANOK_PORT): '80' is not accepted; give a whole number from 0 to 65535."),
        ({"workers": True}, "True is not accepted"),
        ({"workers": 0}, "0 is not accepted"),
        ({"backlog": 0}, "give a whole number of at least 1."),
        ({"loop": "trio"}, "'trio' is not accepted; give one of auto, uvloop, asyncio."),
        ({"timeout_keep_alive": -1}, "give a number of seconds of at least 0."),
        ({"limit_concurrency": 0}, "give a whole number of at least 1, or none."),
        ({"access_log": 1}, "give true or false."),
        ({"ssl_keyfile": "key"}, "--ssl-keyfile was given without --ssl-certfile"),
        ({"ssl_certfile": ("a", "b"), "ssl_keyfile": "k"}, "was given 2 times and --ssl-keyfile 1 times"),
        ({"ssl_certfile": ("a", "b"), "ssl_keyfile_password": ("1", "2", "3")}, "one for all keys, or one for each"),
        ({"forwarded_headers": "x-real-ip"}, "--forwarded-headers: 'x-real-ip' is not known"),
        ({"forwarded_allow_ips": "1.2.3.4/99"}, "--forwarded-allow-ips: '1.2.3.4/99' is not a network"),
        ({"proxy_allow_ips": "1.2.3.4/99"}, "--proxy-allow-ips: '1.2.3.4/99' is not a network"),
        ({"loop": "zuvloop"}, "'zuvloop' is not accepted; the fast one here is uvloop; give auto, uvloop or asyncio."),
        ({"root_path": "https://example.org/api"}, "is an address; give its path alone, as /api."),
        ({"reload": True, "workers": 2}, "--reload watches one process"),
        ({"uds": "/x", "fd": 3}, "--uds, --fd and --bind exclude each other"),
    ],
)
def test_a_wrong_value_names_the_option_the_value_and_what_is_accepted(given, message):
    with pytest.raises(ConfigError) as caught:
        Config(**given)
    assert message in str(caught.value)


def test_the_environment_sets_options():
    environ = {
        "HANOK_PORT": "9000",
        "HANOK_ACCESS_LOG": "off",
        "HANOK_RELOAD": "Yes",
        "HANOK_UDS": "none",
        "HANOK_TIMEOUT_KEEP_ALIVE": "2.5",
        "HANOK_HEADERS": "X-A: b\nX-C: d:e",
        "FORWARDED_ALLOW_IPS": "10.0.0.0/8, ::1",
        "OTHER": "ignored",
    }
    assert environment(environ) == {
        "port": 9000,
        "access_log": False,
        "reload": True,
        "uds": None,
        "timeout_keep_alive": 2.5,
        "headers": (("X-A", "b"), ("X-C", "d:e")),
        "forwarded_allow_ips": ("10.0.0.0/8", "::1"),
    }
    config = Config.from_env(environ, port=1)
    assert (config.port, config.timeout_keep_alive) == (1, 2.5)
    assert Config.from_env({"WEB_CONCURRENCY": "3"}).workers == 3
    assert Config.from_env({"WEB_CONCURRENCY": "3", "HANOK_WORKERS": "2"}).workers == 2


def test_a_variable_that_cannot_be_read_says_so():
    for name, text in {"PORT": "many", "ACCESS_LOG": "perhaps", "HEADERS": "no colon"}.items():
        with pytest.raises(ConfigError, match=f"HANOK_{name}"):
            environment({f"HANOK_{name}": text})


def test_a_text_of_trusted_peers_is_taken_apart():
    assert Config(forwarded_allow_ips="1.1.1.1, 2.2.2.2").forwarded_allow_ips == ("1.1.1.1", "2.2.2.2")


def test_what_an_option_accepts_is_told():
    assert option("loop").accepts == "one of auto, uvloop, asyncio"
    assert option("uds").accepts == "the path of a file, or none"
    assert Config(ssl_certfile="x").is_tls


def test_a_password_is_shown_nowhere():
    config = Config(ssl_certfile="c", ssl_keyfile_password="geheim")
    assert "geheim" not in repr(config)
    with pytest.raises(ConfigError) as caught:
        Config(ssl_certfile="c", ssl_keyfile_password=("geheim", 5))
    assert "geheim" not in str(caught.value)


def test_paths_may_be_paths_and_lists_may_be_lists(tmp_path):
    config = Config(ssl_certfile=[tmp_path / "a", "b"], app_dir=tmp_path, headers={"X-A": "b"})
    assert config.ssl_certfile == (str(tmp_path / "a"), "b")
    assert config.app_dir == str(tmp_path)
    assert config.headers == (("X-A", "b"),)


@pytest.mark.parametrize("given", ["/api", "api", "/api/", "api/"])
def test_a_root_path_begins_with_a_slash_and_does_not_end_in_one(given):
    assert Config(root_path=given).root_path == "/api"
    assert Config(root_path="/").root_path == ""
