"""Options in files."""

import re

import pytest

from hanok.exceptions import ConfigError
from hanok.server.config import OPTIONS, Config
from hanok.server.config_files import read_file, read_hooks, read_pyproject
from hanok.server.config_gunicorn import ALIASES, MEANINGLESS

NAMES = {one.name for one in OPTIONS}


@pytest.fixture
def write(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)

    def file(name, text):
        (tmp_path / name).write_text(text)
        return name

    return file


# ---- TOML


def test_keys_of_toml_are_options_in_either_spelling(write):
    found = read_file(
        write(
            "h.toml",
            """
            bind = ["127.0.0.1:1", "unix:/s"]
            log-level = "debug"
            access_log = false
            timeout_keep_alive = 2
            uds = "none"
            umask = 0o27
            uds_permissions = "660"
            app = "main:app"
            [headers]
            X-A = "b"
            """,
        )
    )
    assert found.values == {
        "bind": ("127.0.0.1:1", "unix:/s"),
        "log_level": "debug",
        "access_log": False,
        "timeout_keep_alive": 2,
        "uds": None,
        "umask": "27",
        "uds_permissions": 0o660,
        "headers": (("X-A", "b"),),
    }
    assert found.target == "main:app"
    assert found.places["log_level"] == "h.toml, line 3 (log-level)"
    assert found.places["headers"] == "h.toml, line 10 (headers)"


def test_a_list_of_headers(write):
    found = read_file(write("h.toml", 'headers = ["X-A: b", ["X-C", "d"]]'))
    assert found.values["headers"] == (("X-A", "b"), ("X-C", "d"))


def test_pyproject_has_a_table(write):
    assert read_pyproject().values == {}
    write("pyproject.toml", "[project]\nname = 'x'\n")
    assert read_pyproject().values == {}
    write("pyproject.toml", "[project]\nport = 1\n[tool.other]\nport = 2\n[tool.hanok]\nport = 3\n")
    found = read_pyproject()
    assert found.values == {"port": 3}
    assert found.places == {"port": "pyproject.toml, line 6 (port)"}
    assert read_file("pyproject.toml").values == {"port": 3}


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("port = 70000", "h.toml, line 1 (port): 70000 is not accepted; give a whole number from 0 to 65535."),
        ("\nworkers = true", "h.toml, line 2 (workers): True is not accepted; give a whole number from 1 to 1024."),
        ("workers = 'many'", "h.toml, line 1 (workers): 'many' is not accepted"),
        ("access_log = 1", "h.toml, line 1 (access_log): 1 is not accepted; give true or false."),
        ("headers = 5", "h.toml, line 1 (headers): 5 is not accepted; give name: value."),
        ("headers = ['nothing']", "h.toml, line 1 (headers): ['nothing'] is not accepted; give name: value."),
        ("headers = [5]", "h.toml, line 1 (headers): [5] is not accepted; give name: value."),
        ("forwarded_allow_ips = [1]", "h.toml, line 1 (forwarded_allow_ips): (1,) is not accepted"),
        ("ssl_keyfile_password = 5", "h.toml, line 1 (ssl_keyfile_password): the value is not accepted; give text."),
        ("host = 5", "h.toml, line 1 (host): 5 is not accepted; give text."),
        ("uds_permissions = '888'", "give permissions in octal, like 660, or none."),
        ("prot = 1", "h.toml, line 1 (prot) is no option; did you mean port?"),
        ("log-levle = 1", "h.toml, line 1 (log-levle) is no option; did you mean log_level?"),
        ("grace_timeout = 1", "is no option; did you mean graceful_timeout?"),
        ("zzz = 1", "h.toml, line 1 (zzz) is no option; hanok config lists them all."),
        ("app = 5", '(app): 5 is not accepted; give text like "main:app".'),
        ("port = = 5", "The file h.toml cannot be read: Invalid value (at line 1, column 8)"),
        ("certificates = 1", "certificates are tables: [[certificates]] with certfile, keyfile and password."),
        ("[[certificates]]\ncerfile = 'x'", "(certificates): 'cerfile' is no key of a certificate; did you mean certf"),
        ("[[certificates]]\nkeyfile = 'x'", "h.toml, line 1 (certificates): each certificate needs a certfile."),
    ],
)
def test_what_is_wrong_is_told_with_its_place(write, text, message):
    with pytest.raises(ConfigError) as caught:
        read_file(write("h.toml", text))
    assert message in str(caught.value)


def test_a_place_without_a_line_is_told_too(write):
    with pytest.raises(ConfigError, match=r"^h\.toml \(port\): 70000 is not accepted"):
        read_file(write("h.toml", r'"p\u006frt" = 70000'))


def test_files_that_cannot_be_read(write, tmp_path):
    with pytest.raises(ConfigError, match=r"The file no\.toml cannot be read: No such file or directory\."):
        read_file("no.toml")
    (tmp_path / "b.toml").write_bytes(b"\xff")
    with pytest.raises(ConfigError, match=r"The file b\.toml cannot be read: it is no UTF-8 text\."):
        read_file("b.toml")


def test_certificates_are_tables(write):
    found = read_file(
        write(
            "h.toml",
            """
            [[certificates]]
            certfile = "a.pem"
            keyfile = "a.key"
            password = "geheim, wirklich"
            [[certificates]]
            certfile = "both.pem"
            """,
        )
    )
    config = Config(**found.values)
    assert config.certificates == (("a.pem", "a.key", "geheim, wirklich"), ("both.pem", "both.pem", ""))
    found = read_file(write("h.toml", "[[certificates]]\ncertfile = 'both.pem'"))
    assert Config(**found.values).certificates == (("both.pem", None, None),)


# ---- Python


def test_a_python_file_has_gunicorns_names(write):
    found = read_file(
        write(
            "gunicorn.conf.py",
            """
import multiprocessing, ssl
cpus = 2
bind = ["127.0.0.1:1"]
workers = cpus * 2 + 1
worker_class = "uvicorn.workers.UvicornWorker"
wsgi_app = "main:app"
timeout = 0
graceful_timeout = 7
keepalive = 2
max_requests = 100
max_requests_jitter = 10
accesslog = "-"
errorlog = "error.log"
loglevel = "WARNING"
certfile, keyfile, ca_certs = "c", "k", "ca"
cert_reqs = ssl.CERT_REQUIRED
forwarded_allow_ips = "*"
preload_app = True
umask = 0o027
user = 1000
proxy_protocol = "v2"
limit_request_line = 4094
_private = 1
worker = 3

def when_ready(server):
    pass

def post_request(worker, req, environ, resp):
    pass
""",
        )
    )
    assert found.values == {
        "bind": ("127.0.0.1:1",),
        "workers": 5,
        "timeout_worker_healthcheck": None,
        "timeout_graceful_shutdown": 7,
        "timeout_keep_alive": 2,
        "limit_max_requests": 100,
        "limit_max_requests_jitter": 10,
        "access_log_file": None,
        "error_log_file": "error.log",
        "log_level": "warning",
        "ssl_certfile": ("c",),
        "ssl_keyfile": ("k",),
        "ssl_ca_certs": "ca",
        "ssl_cert_reqs": 2,
        "forwarded_allow_ips": ("*",),
        "preload": True,
        "umask": "27",
        "user": "1000",
        "proxy_protocol": True,
        "limit_request_line": 4094,
    }
    assert found.target == "main:app"
    assert found.places["timeout_keep_alive"] == "gunicorn.conf.py (keepalive)"
    told = "\n".join(found.remarks)
    assert "gunicorn.conf.py (worker_class): it has no meaning here: Hanok has one kind of worker" in told
    assert "gunicorn.conf.py (post_request): it has no meaning here: use a middleware." in told
    assert "gunicorn.conf.py (worker): it is no option; did you mean workers?" in told
    assert len(found.remarks) == 3


def test_without_an_access_log_there_it_is_off(write):
    assert read_file(write("g.py", "accesslog = None\n")).values == {"access_log": False}


def test_hooks_are_functions_of_the_file(write):
    name = write("g.py", "import os\ndef when_ready(server): return 5\ndef other(): pass\non_exit = 3\n")
    hooks = read_hooks(name, ("when_ready", "on_exit"))
    assert list(hooks) == ["when_ready"]
    assert hooks["when_ready"](None) == 5
    assert read_hooks(write("h.toml", ""), ("when_ready",)) == {}


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("\nworkers = 0\n", "g.py (workers): 0 is not accepted; give a whole number from 1 to 1024."),
        ("x = 1\nbind = = 1\n", "The file g.py cannot be read: line 2: invalid syntax."),
        ("import os\n1 / 0\n", "The file g.py cannot be run: line 2: ZeroDivisionError: division by zero."),
        ("import no_such_module\n", "line 1: ModuleNotFoundError: No module named 'no_such_module'."),
    ],
)
def test_a_python_file_that_is_wrong_says_where(write, text, message):
    with pytest.raises(ConfigError) as caught:
        read_file(write("g.py", text))
    assert message in str(caught.value)


# ---- the table of names


def test_every_name_of_gunicorn_leads_to_an_option_that_is_there():
    assert {alias.option for alias in ALIASES.values()} <= NAMES
    assert not NAMES & set(MEANINGLESS)
    assert not set(ALIASES) & set(MEANINGLESS)
    for reason in MEANINGLESS.values():
        for flag in re.findall(r"--[a-z-]*[a-z]", reason):
            assert any(one.flag.startswith(flag) for one in OPTIONS), flag
