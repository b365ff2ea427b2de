import pytest

from hanok.exceptions import ConfigError
from hanok.protocols.forwarded import KNOWN, Forwarded, Trusted

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


def test_an_address_may_be_spelled_otherwise():
    some = Forwarded(["2001:DB8:0::1", "::ffff:0a00:0001"])
    for good in ("2001:db8::1", "10.0.0.1", "::ffff:10.0.0.1", "::ffff:a00:1"):
        assert some.trusts(good)


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


# ---- the other headers: believed only where they are named


class Request:
    kind = "http"

    def __init__(self, headers):
        self.raw_headers = [(b"host", b"inside"), *((name.encode(), value.encode()) for name, value in headers)]
        self.client, self.scheme = PEER, "http"
        self.root_path, self.path, self.raw_path = "/app", "/app/x", b"/app/x"


def introduced(*headers, trusted=("127.0.0.1", "10.0.0.0/8"), believed=KNOWN, kind="http"):
    request = Request(headers)
    request.kind, request.scheme = kind, "http" if kind == "http" else "ws"
    Forwarded(trusted, believed).introduce(request)
    return request


def host(request):
    return [value for name, value in request.raw_headers if name == b"host"]


def test_by_default_only_the_two_usual_headers_are_believed():
    request = Request(
        [
            ("x-forwarded-for", "1.2.3.4"),
            ("x-forwarded-proto", "https"),
            ("x-forwarded-host", "evil"),
            ("x-forwarded-prefix", "/evil"),
            ("forwarded", "for=6.6.6.6;host=evil"),
        ]
    )
    Forwarded(["127.0.0.1"]).introduce(request)
    assert (request.client, request.scheme, host(request)) == (("1.2.3.4", 0), "https", [b"inside"])
    assert request.root_path == "/app"


def test_a_header_that_is_not_known_is_refused():
    with pytest.raises(ConfigError, match="--forwarded-headers: 'x-real-ip' is not known; give of x-forwarded-for"):
        Forwarded([], ["x-real-ip"])


def test_nothing_said_changes_nothing():
    request = introduced()
    assert (request.client, request.scheme, request.path) == (PEER, "http", "/app/x")


def test_the_host_takes_the_place_of_the_proxys():
    assert host(introduced(("x-forwarded-host", "shop.example:8443"))) == [b"shop.example:8443"]
    assert host(introduced(("x-forwarded-host", "[2001:db8::1]:80"))) == [b"[2001:db8::1]:80"]
    for wrong in ("a b", "a/b", "a@b", "a:123456", "", "a\r\nb"):
        assert host(introduced(("x-forwarded-host", wrong))) == [b"inside"]


def test_the_prefix_stands_before_the_paths():
    request = introduced(("x-forwarded-prefix", "/api/"))
    assert (request.root_path, request.path, request.raw_path) == ("/api/app", "/api/app/x", b"/api/app/x")
    for wrong in ("/", "api", "//evil.example", "/a?b", "/a b", "/a#b", "/\\evil", "/%2e%2e"):
        assert introduced(("x-forwarded-prefix", wrong)).root_path == "/app"


def test_the_scheme_of_a_websocket_is_its_own():
    assert introduced(("x-forwarded-proto", "https"), kind="websocket").scheme == "wss"
    assert introduced(("x-forwarded-proto", "ws"), kind="websocket").scheme == "ws"


def test_where_every_hop_says_something_the_clients_is_taken():
    chain = ("x-forwarded-for", "6.6.6.6, 1.2.3.4, 10.0.0.1")
    request = introduced(
        chain, ("x-forwarded-proto", "gopher, https, http"), ("x-forwarded-host", "evil, shop.example, inner")
    )
    assert (request.client[0], request.scheme, host(request)) == ("1.2.3.4", "https", [b"shop.example"])


def test_where_the_numbers_differ_the_nearest_proxy_is_believed():
    request = introduced(("x-forwarded-for", "1.2.3.4"), ("x-forwarded-proto", "http, https"))
    assert request.scheme == "https"
    assert introduced(("x-forwarded-proto", "http"), ("x-forwarded-proto", "https")).scheme == "https"


def test_an_entry_without_an_address_is_nobody_we_trust():
    assert introduced(("x-forwarded-for", "6.6.6.6, :80")).client == ("unknown", 80)
    assert introduced(("x-forwarded-for", "6.6.6.6, []:80")).client == ("unknown", 80)


# ---- Forwarded (RFC 7239)


def test_the_field_tells_all_of_the_client_together():
    request = introduced(
        ("forwarded", 'for="[2001:db8::17]:4711";proto=https;host=shop.example;by=10.0.0.9'),
        ("x-forwarded-for", "6.6.6.6"),
        ("x-forwarded-proto", "http"),
        ("x-forwarded-prefix", "/api"),
    )
    assert (request.client, request.scheme) == (("2001:db8::17", 4711), "https")
    assert (host(request), request.root_path) == ([b"shop.example"], "/api/app")


def test_its_chain_is_followed_from_the_end_through_those_we_trust():
    request = introduced(
        ("forwarded", "for=6.6.6.6;proto=gopher, for=1.2.3.4;proto=https"), ("forwarded", "for=10.0.0.1;proto=http")
    )
    assert (request.client, request.scheme) == (("1.2.3.4", 0), "https")


@pytest.mark.parametrize("hidden", ["unknown", "_hidden", '"_SEVKISEK"', '""'])
def test_a_hidden_client_is_nobody_we_trust(hidden):
    client = introduced(("forwarded", f"for=6.6.6.6, for={hidden}")).client
    assert client == (hidden.strip('"') or "unknown", 0)


def test_a_hop_may_say_nothing_of_its_client():
    assert introduced(("forwarded", "for=6.6.6.6, proto=https")).client == ("unknown", 0)


@pytest.mark.parametrize(
    "field", ['for="1.2.3.4', "for=1.2.3.4;for=5.6.7.8", "for", "for=", 'for=a"b"', "for=1.2.3.4 proto=https", "=x"]
)
def test_a_field_that_cannot_be_read_hides_what_stands_before_it(field):
    assert introduced(("forwarded", "for=6.6.6.6"), ("forwarded", field)).client == ("unknown", 0)
    assert introduced(("forwarded", f"{field}, for=10.0.0.1")).client == ("unknown", 0)


@pytest.mark.parametrize("field", ["", " ", ",", " ; , "])
def test_a_field_may_be_empty(field):
    assert introduced(("forwarded", field)).client == PEER
    assert introduced(("forwarded", f"{field}, For = "), ("x-forwarded-for", "1.1.1.1")).client == ("unknown", 0)


def test_quoted_text_may_hold_what_separates():
    assert host(introduced(("forwarded", r'for=1.2.3.4;host="a\.b";note="x, y; z=\"q\""'))) == [b"a.b"]


def test_the_flag_of_other_peers_is_named():
    with pytest.raises(ConfigError, match="--proxy-allow-ips: 'x/y' is not a network"):
        Trusted(["x/y"], "--proxy-allow-ips")
