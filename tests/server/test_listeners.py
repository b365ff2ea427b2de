import errno
import os
import socket
import stat

import pytest

from hanok.exceptions import ConfigError
from hanok.server.config import Config
from hanok.server.listeners import bind, name_of, release, twins


def test_a_free_port_can_be_asked_for():
    (sock,) = bind(Config(port=0))
    with sock:
        assert name_of(sock) == f"http://127.0.0.1:{sock.getsockname()[1]}"
        assert name_of(sock, "https").startswith("https://")


def test_ipv6():
    try:
        (sock,) = bind(Config(host="::1", port=0))
    except ConfigError:
        pytest.skip("this machine has no IPv6")
    with sock:
        assert name_of(sock).startswith("http://[::1]:")


def test_all_addresses_of_a_name_share_one_port():
    sockets = bind(Config(host="localhost", port=0))
    assert len({sock.getsockname()[1] for sock in sockets}) == 1
    for sock in sockets:
        sock.close()


def test_a_port_in_use_is_told():
    (sock,) = bind(Config(port=0))
    with sock:
        port = sock.getsockname()[1]
        with pytest.raises(ConfigError, match=f"--port: {port} on 127.0.0.1 is in use by another program"):
            bind(Config(port=port))


@pytest.mark.parametrize("host", ["no.such.host.invalid", "192.0.2.1"])
def test_a_foreign_host_is_told(host):
    with pytest.raises(ConfigError, match="--host: "):
        bind(Config(host=host, port=0))


def test_a_unix_socket(tmp_path):
    path = str(tmp_path / "s")
    config = Config(uds=path)
    (sock,) = bind(config)
    with sock:
        assert name_of(sock) == f"unix:{path}"
        with pytest.raises(ConfigError, match="--uds: another program listens on"):
            bind(config)
    (sock,) = bind(config)  # left over, and nobody answers
    sock.close()


def test_a_file_is_not_taken_for_an_old_socket(tmp_path):
    path = tmp_path / "file"
    path.write_text("precious")
    with pytest.raises(ConfigError):
        bind(Config(uds=str(path)))
    assert path.read_text() == "precious"


def test_an_inherited_descriptor():
    with socket.socket() as given:
        given.bind(("127.0.0.1", 0))
        (sock,) = bind(Config(fd=given.fileno()))
        with sock:
            assert sock.getsockname() == given.getsockname()


def test_a_descriptor_that_is_no_socket(tmp_path):
    fd = os.open(tmp_path / "f", os.O_CREAT)
    with pytest.raises(ConfigError, match=f"--fd: {fd} is not a socket"):
        bind(Config(fd=fd))
    os.close(fd)


def test_a_socket_that_is_too_busy_to_answer_is_alive(tmp_path):
    path = str(tmp_path / "s")
    (sock,) = bind(Config(uds=path, backlog=1))
    waiting = []
    try:
        errors = []
        for _ in range(10):
            waiting.append(socket.socket(socket.AF_UNIX))
            waiting[-1].setblocking(False)
            errors.append(waiting[-1].connect_ex(path))
        assert errors[-1] == errno.EAGAIN
        with pytest.raises(ConfigError, match="another program listens on"):
            bind(Config(uds=path))
    finally:
        for one in (sock, *waiting):
            one.close()


@pytest.mark.parametrize(
    ("options", "mode"),
    [
        ({}, 0o666),
        ({"uds_permissions": 0o600}, 0o600),
        ({"umask": "027"}, 0o640),
        ({"umask": "0", "uds_permissions": 0o660}, 0o660),
    ],
)
def test_the_mode_of_a_unix_socket(tmp_path, options, mode):
    path = tmp_path / "s"
    (sock,) = bind(Config(uds=str(path), **options))
    with sock:
        assert stat.S_IMODE(path.stat().st_mode) == mode


def test_a_directory_that_is_not_there(tmp_path):
    with pytest.raises(ConfigError, match=r"--bind: cannot listen on .*no/s.*: No such file or directory"):
        bind(Config(bind=f"unix:{tmp_path}/no/s"))
    (tmp_path / "file").touch()
    with pytest.raises(ConfigError, match=r"--uds: cannot listen on .*: Not a directory"):
        bind(Config(uds=f"{tmp_path}/file/s"))


def test_several_addresses_are_bound_in_their_order(tmp_path):
    with socket.socket() as given:
        given.bind(("127.0.0.1", 0))
        sockets = bind(Config(bind=("127.0.0.1:0", f"unix:{tmp_path}/s", f"fd://{given.fileno()}")))
        assert [name_of(sock).partition(":")[0] for sock in sockets] == ["http", "unix", "http"]
        release(sockets)


def test_if_one_cannot_be_had_none_is_kept(tmp_path):
    (taken,) = bind(Config(port=0))
    port = taken.getsockname()[1]
    with taken, pytest.raises(ConfigError, match=f"--bind: {port} on 127.0.0.1 is in use"):
        bind(Config(bind=(f"unix:{tmp_path}/s", f"127.0.0.1:{port}")))
    assert not (tmp_path / "s").exists()


@pytest.mark.parametrize("host", ["::", ""])
def test_all_addresses_are_both_families(host):
    try:
        sockets = bind(Config(host=host, port=0))
    except ConfigError:
        pytest.skip("this machine has no IPv6")
    port = sockets[0].getsockname()[1]
    for address in ("127.0.0.1", "::1"):
        socket.create_connection((address, port), timeout=20).close()
    release(sockets)


def test_a_port_is_shared_by_choice_only():
    (first,) = bind(Config(port=0, reuse_port=True))
    port = first.getsockname()[1]
    (second,) = bind(Config(port=port, reuse_port=True))
    with first, second, pytest.raises(ConfigError, match="in use"):
        bind(Config(port=port))


def test_each_process_may_have_a_listener_of_its_own(tmp_path):
    given = bind(Config(bind=("127.0.0.1:0", f"unix:{tmp_path}/s"), reuse_port=True))
    own = twins(given, 10)
    assert own[0].getsockname() == given[0].getsockname()
    assert own[0].fileno() != given[0].fileno()
    assert own[1] is given[1]
    given[0].close()
    with socket.create_connection(own[0].getsockname(), timeout=20):
        own[0].setblocking(True)
        own[0].accept()[0].close()
    release(own)


def test_an_ipv6_twin_serves_the_same_families():
    try:
        given = bind(Config(host="::", port=0, reuse_port=True))
    except ConfigError:
        pytest.skip("this machine has no IPv6")
    own = twins(given, 10)
    release(given)
    socket.create_connection(("127.0.0.1", own[0].getsockname()[1]), timeout=20).close()
    release(own)


def test_the_file_of_a_socket_goes_when_the_last_listener_does(tmp_path):
    path = tmp_path / "s"
    sockets = bind(Config(uds=str(path)))
    other = [sockets[0].dup()]
    release(sockets)
    assert path.exists()
    release(other)
    assert not path.exists()
    release(other)


def test_a_file_that_is_there_no_more_or_is_another_is_left(tmp_path):
    path = tmp_path / "s"
    for again in (False, True):
        sockets = bind(Config(uds=str(path)))
        path.unlink()
        if again:
            path.write_text("precious")
        release(sockets)
    assert path.read_text() == "precious"


def test_a_port_that_needs_privileges(monkeypatch):
    def refuse(self, address):
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(socket.socket, "bind", refuse)
    with pytest.raises(ConfigError, match=r"--port: 80 needs privileges .* give one from 1024 up"):
        bind(Config(port=80))


def test_a_system_that_cannot_share_ports(monkeypatch):
    monkeypatch.delattr(socket, "SO_REUSEPORT")
    with pytest.raises(ConfigError, match="--reuse-port: this system has no SO_REUSEPORT"):
        bind(Config(port=0, reuse_port=True))
