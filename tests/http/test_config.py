from __future__ import annotations

import pytest

from hanok.http import CommaSeparatedStrings, Config, Environ, Secret
from hanok.http.config import EnvironError


@pytest.fixture
def env_file(tmp_path):
    path = tmp_path / ".env"
    path.write_text('# comment\nA=1\nB = "two words"\nC=\'x\'\n D=a=b # x\nE\nF=\nG="open\nZ=file\n')
    return path


def test_a_secret_hides_itself():
    secret = Secret("password")
    assert repr(secret) == "Secret('**********')"
    assert str(secret) == "password"
    assert secret
    assert not Secret("")


def test_comma_separated_strings():
    strings = CommaSeparatedStrings("a, 'b c', d,,")
    assert list(strings) == ["a", "b c", "d"]
    assert len(strings) == 3
    assert strings[0] == "a"
    assert strings[:1] == ["a"]
    assert str(strings) == "'a', 'b c', 'd'"
    assert repr(CommaSeparatedStrings(("x",))) == "CommaSeparatedStrings(['x'])"


def test_the_environment_comes_before_the_file_and_both_before_the_default(env_file):
    config = Config(env_file, environ={"Z": "environ"})
    assert config("Z") == "environ"
    assert config("A", cast=int) == 1
    assert config.get("NOPE", default=3) == 3
    assert config("NOPE", cast=int, default="4") == 4
    assert config("NOPE", cast=int, default=None) is None
    assert config("A", cast=Secret).__class__ is Secret
    with pytest.raises(KeyError, match="Config 'NOPE' is missing"):
        config("NOPE")


def test_the_file(env_file):
    assert Config(env_file).file_values == {
        "A": "1",
        "B": "two words",
        "C": "x",
        "D": "a=b # x",
        "F": "",
        "G": '"open',
        "Z": "file",
    }


def test_a_file_that_is_not_there():
    with pytest.warns(UserWarning, match=r"Config file '/no/such/\.env' not found\."):
        Config("/no/such/.env")


def test_booleans():
    config = Config(environ={"T": "True", "O": "1", "F": "false", "Z": "0", "N": "nope"})
    assert [config(name, cast=bool) for name in "TOFZ"] == [True, True, False, False]
    assert config("X", cast=bool, default=True) is True
    with pytest.raises(ValueError, match="Config 'N' has value 'nope'"):
        config("N", cast=bool)


def test_what_cannot_be_cast():
    with pytest.raises(ValueError, match="Config 'A' has value 'x'"):
        Config(environ={"A": "x"})("A", cast=int)


def test_a_prefix():
    assert Config(environ={"APP_A": "1"}, env_prefix="APP_")("A") == "1"
    with pytest.raises(KeyError, match="APP_A"):
        Config(environ={}, env_prefix="APP_")("A")


def test_what_was_read_cannot_be_changed():
    environ = Environ({"A": "1", "B": "2"})
    environ["A"] = "3"
    del environ["B"]
    assert environ["A"] == "3"
    assert list(environ) == ["A"]
    assert len(environ) == 1
    with pytest.raises(EnvironError, match="Attempting to set environ\\['A'\\], but the value has already been read"):
        environ["A"] = "4"
    with pytest.raises(EnvironError, match="Attempting to delete environ"):
        del environ["A"]
