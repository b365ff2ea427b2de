import os
import socket

import pytest

from hanok.exceptions import ConfigError
from hanok.server.config import Config
from hanok.server.listeners import bind, name_of


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
        with pytest.raises(ConfigError, match=r"--uds: cannot listen on .*: Address already in use"):
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
