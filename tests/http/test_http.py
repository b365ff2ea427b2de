from __future__ import annotations

import subprocess
import sys

import pytest

import hanok as hanok_package
import hanok.http


def test_every_public_name_is_there():
    for name in hanok.http.__all__:
        assert getattr(hanok.http, name) is not None


def test_an_unknown_name_is_an_attribute_error():
    with pytest.raises(AttributeError, match="Nope"):
        _ = hanok.http.Nope


def test_what_most_applications_never_use_is_not_imported():
    heavy = ["anyio", "email", "http.cookies", "jinja2", "mimetypes", "python_multipart", "tempfile"]
    # The front door imports more rooms than this one: a bare package stands in for it.
    code = f"""
import sys, types
sys.modules["hanok"] = package = types.ModuleType("hanok")
package.__path__ = {list(hanok_package.__path__)!r}
import hanok.http
print(*sys.modules)
"""
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=30)
    assert not set(heavy) & set(run.stdout.split())
