from __future__ import annotations

import subprocess
import sys

import pytest

import hanok.security
from hanok.security.base import SecurityBase, get_authorization_scheme_param


@pytest.mark.parametrize(
    ("value", "parts"),
    [
        (None, ("", "")),
        ("", ("", "")),
        ("Basic", ("Basic", "")),
        ("Basic  abc ", ("Basic", "abc")),
        ("Basic a b", ("Basic", "a b")),
        (" Basic a", ("", "Basic a")),
    ],
)
def test_an_authorization_value_is_split_into_scheme_and_rest(value, parts):
    assert get_authorization_scheme_param(value) == parts


def test_a_scheme_of_ones_own_needs_only_find(ask):
    class Vip(SecurityBase):
        def find(self, connection):
            return connection.headers.get("x-vip")

    assert ask(Vip(), headers=((b"x-vip", b"yes"),)) == "yes"
    assert ask(Vip()).status_code == 401


def test_a_scheme_that_finds_nothing_says_what_is_missing(ask):
    with pytest.raises(NotImplementedError):
        ask(SecurityBase())


def test_every_public_name_can_be_imported():
    for name in hanok.security.__all__:
        assert getattr(hanok.security, name).__name__ == name
    with pytest.raises(AttributeError, match="no attribute 'Nothing'"):
        hanok.security.Nothing  # noqa: B018


def test_schemes_are_loaded_only_when_asked_for():
    code = "import hanok.security, sys; print('hanok.security.models' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=30, check=True)
    assert done.stdout.strip() == "False"
