import pytest

from hanok.exceptions import ConfigError
from hanok.server.addresses import FdAddress, TcpAddress, UnixAddress, parse_address
from hanok.server.config import Config


@pytest.mark.parametrize(
    ("text", "address"),
    [
        ("127.0.0.1:9000", TcpAddress("127.0.0.1", 9000)),
        ("tcp://127.0.0.1:9000", TcpAddress("127.0.0.1", 9000)),
        ("localhost", TcpAddress("localhost", 8000)),
        ("0.0.0.0", TcpAddress("0.0.0.0", 8000)),
        (":80", TcpAddress("", 80)),
        ("[::1]:80", TcpAddress("::1", 80)),
        ("[::]", TcpAddress("::", 8000)),
        ("[fe80::1%eth0]:80", TcpAddress("fe80::1%eth0", 80)),
        ("unix:/run/app.sock", UnixAddress("/run/app.sock")),
        ("unix:///run/app.sock", UnixAddress("/run/app.sock")),
        ("unix:app.sock", UnixAddress("app.sock")),
        ("fd://3", FdAddress(3)),
        ("fd:0", FdAddress(0)),
    ],
)
def test_an_address_is_written_as_people_write_it(text, address):
    assert parse_address(text) == address


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "'' is no address to listen on; give host:port"),
        ("::1", r"An IPv6 address stands in brackets: \[::1\]:8000"),
        ("a b:80", "is no address"),
        ("host:port", "is no address"),
        ("http://host:80", "is no address"),
        ("unix:", "is no address"),
        ("fd://x", "is no address"),
        ("[host]:80", "is no address"),
        ("8000", "'8000' has no host; give 127.0.0.1:8000, or :8000 for all addresses"),
        ("a:65536", "a port is a number from 0 to 65535"),
    ],
)
def test_what_is_no_address_is_refused_with_a_remedy(text, message):
    with pytest.raises(ConfigError, match=message):
        parse_address(text)


def test_a_configuration_has_only_addresses_that_can_be():
    assert Config(bind="a:1, unix:/b").bind == ("a:1", "unix:/b")
    with pytest.raises(ConfigError, match="--bind: '::1' is no address"):
        Config(bind=["::1"])
