from datetime import UTC, datetime

import pytest
import trustme

from hanok.server.certificate import decode, elements, read_certificate


@pytest.fixture(scope="module")
def ca():
    return trustme.CA()


def pem(issued):
    return issued.cert_chain_pems[0].bytes().decode()


def test_the_names_are_those_that_are_meant_for_clients(ca):
    issued = ca.issue_cert("Example.org", "*.example.org", "127.0.0.1", "me@example.org")
    assert read_certificate(pem(issued)).names == ("example.org", "*.example.org")


def test_the_time_is_read_in_both_forms(ca):
    begins, ends = datetime(2020, 2, 3, 4, 5, 6, tzinfo=UTC), datetime(2060, 1, 2, tzinfo=UTC)
    certificate = read_certificate(pem(ca.issue_cert("a.example", not_before=begins, not_after=ends)))
    assert (certificate.begins, certificate.ends) == (begins, ends)


def test_a_certificate_may_have_no_names(ca):
    assert read_certificate(ca.cert_pem.bytes().decode()).names == ()


def test_what_stands_before_it_is_passed_over(ca):
    issued = ca.issue_cert("a.example")
    text = issued.private_key_pem.bytes().decode() + "\nsome words\n" + pem(issued) + pem(ca.issue_cert("b.example"))
    assert read_certificate(text).names == ("a.example",)


@pytest.mark.parametrize(
    "text", ["", "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----", "-----BEGIN CERTIFICATE-----\n"]
)
def test_what_is_no_certificate_is_refused(text):
    with pytest.raises(ValueError, match="certificate"):
        read_certificate(text)


def test_whatever_is_cut_off_is_refused_and_never_read_beyond(ca):
    import ssl

    der = ssl.PEM_cert_to_DER_cert(pem(ca.issue_cert("a.example")))
    assert decode(der).names == ("a.example",)
    for end in range(0, len(der), 7):
        with pytest.raises((ValueError, IndexError, StopIteration)):
            decode(der[:end])


def test_a_length_may_take_several_bytes():
    assert list(elements(b"\x04\x81\x80" + b"a" * 128 + b"\x05\x00")) == [(4, b"a" * 128), (5, b"")]
