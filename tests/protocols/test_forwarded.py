import pytest

from hanok.exceptions import ConfigError
from hanok.protocols.forwarded import Forwarded

PEER = ("127.0.0.1", 5000)


def resolve(trusted, *values, name=b"x-forwarded-for"):
    return Forwarded(trusted).resolve([(name, value) for value in values], PEER, "http")


def test_trusted_peers_are_addresses_networks_or_everybody():
    some = Forwarded(["127.0.0.1", "10.0.0.0/8", "fd00::/8", "proxy"])
    for good in ("127.0.0.1", "10.1.2.3", "::ffff:10.1.2.3", "fd00::1", "proxy", None, ""):
        assert some.trusts(good)
    for bad in ("127.0.0.2", "11.0.0.1", "fe80::1", "elsewhere"):
        assert not some.trusts(bad)
    assert Forwarded(["*"]).trusts("1.2.3.4")
    assert not Forwarded([]).trusts("127.0.0.1")


def test_a_wrong_network_says_what_to_give():
    with pytest.raises(ConfigError, match=r"'10\.0\.0\.0/99' is not a network"):
        Forwarded(["10.0.0.0/99"])


@pytest.mark.parametrize(
    ("values", "client"),
    [
        ([b"1.2.3.4"], ("1.2.3.4", 0)),
        ([b"6.6.6.6, 1.2.3.4"], ("1.2.3.4", 0)),
        ([b"6.6.6.6", b"1.2.3.4, 10.0.0.1"], ("1.2.3.4", 0)),
        ([b"10.0.0.2, 10.0.0.1"], ("10.0.0.2", 0)),
        ([b"1.2.3.4:80"], ("1.2.3.4", 80)),
        ([b"1.2.3.4:x"], ("1.2.3.4", 0)),
        ([b"[2001:db8::1]:443"], ("2001:db8::1", 443)),
        ([b"2001:db8::1"], ("2001:db8::1", 0)),
        ([b" , "], PEER),
        ([], PEER),
    ],
)
def test_the_client_is_the_last_address_that_no_trusted_proxy_has(values, client):
    assert resolve(["127.0.0.1", "10.0.0.0/8"], *values)[0] == client


def test_the_scheme_is_one_that_we_know():
    assert resolve([], b"HTTPS", name=b"x-forwarded-proto")[1] == "https"
    assert resolve([], b"wss", name=b"x-forwarded-proto")[1] == "https"
    assert resolve([], b"gopher", name=b"x-forwarded-proto")[1] == "http"
