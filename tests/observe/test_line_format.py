import base64
import json
import os
import time
from types import SimpleNamespace

import pytest

from hanok.exceptions import ConfigError
from hanok.observe.line_format import line_format


def answered(**more):
    told = {"client": ("1.2.3.4", 5), "method": "GET", "raw_path": b"/x", "query": b"", "http_version": "1.1"}
    told |= {"status": 200, "sent": 12, "started": 0.0, "raw_headers": [], "filters": None}
    return SimpleNamespace(**told | more)


def written(text, **more):
    form = line_format(text)
    return form.write(form.keep(answered(**more)))


@pytest.mark.parametrize(
    ("atoms", "more", "expected"),
    [
        ("%(h)s %(l)s", {}, "1.2.3.4 -"),
        ("%(h)s", {"client": None}, "-"),
        ("%(r)s", {"query": b"a=b"}, "GET /x?a=b HTTP/1.1"),
        ("%(m)s %(U)s?%(q)s %(H)s %(s)s", {"query": b"a=b"}, "GET /x?a=b HTTP/1.1 200"),
        ("%(m)s", {"method": ""}, "WebSocket"),
        ("%(b)s %(B)s", {}, "12 12"),
        ("%(b)s %(B)s", {"sent": 0}, "- 0"),
        ("%(f)s|%(a)s", {"raw_headers": [(b"referer", b"/r"), (b"user-agent", b"me")]}, "/r|me"),
        ("%(f)s|%(a)s", {}, "-|-"),
        ("%({X-Id}i)s", {"raw_headers": [(b"x-id", b"7")]}, "7"),
        ("%({X-Id}i)s", {}, "-"),
        ("%({x-id}o)s", {"filters": [SimpleNamespace(kept=[(b"x-id", b"7")])]}, "7"),
        ("%({x-id}o)s", {}, "-"),
        ("100%% %(s)s", {}, "100% 200"),
        ("plain", {}, "plain"),
        ("%(T)s %(D)s %(M)s %(L)s", {}, "0 0 0 0.000000"),
    ],
)
def test_an_atom_tells_its_part_of_the_answer(atoms, more, expected):
    assert written(atoms, **more) == expected + "\n"


def test_the_process_and_its_environment_are_told(monkeypatch):
    monkeypatch.setenv("REGION", "north")
    assert written("%(p)s %({REGION}e)s") == f"<{os.getpid()}> north\n"


def test_the_user_is_the_one_of_basic_authentication():
    def told(value):
        return written("%(u)s", raw_headers=[(b"authorization", value)])

    assert told(b"Basic " + base64.b64encode(b"ann lee:secret")) == "ann\\x20lee\n"
    assert told(b"Basic !") == "-\n"
    assert told(b"Bearer abc") == "-\n"


def test_a_value_cannot_end_its_quotation_or_its_line():
    evil = [(b"user-agent", b'" 200\n\x1b[2J')]
    assert written('"%(a)s"', raw_headers=evil) == '"\\" 200\\n\\x1b[2J"\n'


def test_times_are_told_in_seconds_and_parts_of_them():
    seconds, millis = written("%(T)s %(M)s", started=time.perf_counter() - 2.5).split()
    assert seconds == "2"
    assert int(millis) >= 2500


def test_common_and_combined_are_apaches():
    line = written("combined", raw_headers=[(b"user-agent", b"me")])
    assert line.startswith("1.2.3.4 - - [")
    assert line.endswith('] "GET /x HTTP/1.1" 200 12 "-" "me"\n')
    assert written("common").endswith('] "GET /x HTTP/1.1" 200 12\n')


def test_json_is_one_object_a_line():
    told = json.loads(written("json", raw_path=b"/\xff\n", raw_headers=[(b"user-agent", b"m\xe9")]))
    assert told.pop("time").endswith("+00:00")
    assert told == {
        "client": "1.2.3.4", "method": "GET", "path": "/\xff\n", "query": "", "protocol": "HTTP/1.1", "status": 200,
        "bytes": 12, "ms": 0.0, "referer": None, "user_agent": "m\xe9",
    }  # fmt: skip


@pytest.mark.parametrize("wrong", ["%(z)s", "%(h)d", "%h", "50%"])
def test_what_is_no_atom_is_named(wrong):
    with pytest.raises(ConfigError, match=r"--access-log-format.*is no atom"):
        line_format(f"%(h)s {wrong}")


def test_a_format_says_what_it_needs():
    assert line_format("%(D)s").timed
    assert not line_format("%(s)s").timed
    assert line_format("%({X-Id}o)s").answer_headers == {b"x-id"}
