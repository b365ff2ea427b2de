"""A project as ``django-admin startproject`` makes it, served by ``hanok run`` both ways."""

import os
import re
import signal
import subprocess
import sys
from pathlib import Path

import httpx
import pytest

from hanok.version import __file__ as VERSION_FILE

pytest.importorskip("django")

VIEWS = """
from django.contrib import admin
from django.http import JsonResponse, StreamingHttpResponse
from django.urls import path


def echo(request):
    return JsonResponse({"method": request.method, "size": len(request.body), "secure": request.is_secure()})


def stream(request):
    return StreamingHttpResponse(str(number) for number in range(5))


urlpatterns = [path("admin/", admin.site.urls), path("echo", echo), path("stream", stream)]
"""


@pytest.fixture(scope="module")
def project(tmp_path_factory):
    folder = tmp_path_factory.mktemp("django")
    subprocess.run([sys.executable, "-m", "django", "startproject", "mysite", folder], check=True, timeout=60)
    (folder / "mysite" / "urls.py").write_text(VIEWS)
    settings = folder / "mysite" / "settings.py"
    text = settings.read_text().replace('"django.middleware.csrf.CsrfViewMiddleware",', "")
    settings.write_text(text.replace("'django.middleware.csrf.CsrfViewMiddleware',", ""))
    subprocess.run([sys.executable, "manage.py", "migrate", "-v", "0"], cwd=folder, check=True, timeout=120)
    return folder


@pytest.mark.parametrize("target", ["mysite.asgi:application", "mysite.wsgi:application"])
def test_a_django_project_is_served(project, target):
    environment = {name: value for name, value in os.environ.items() if not name.startswith("HANOK_")}
    environment["PYTHONPATH"] = str(Path(VERSION_FILE).parents[1])
    process = subprocess.Popen(
        [sys.executable, "-m", "hanok", "run", target, "--port", "0"],
        cwd=project, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
    )  # fmt: skip
    try:
        output = ""
        while not (found := re.search(r"http://127\.0\.0\.1:[0-9]+", output)):
            line = process.stdout.readline()
            assert line, output
            output += line
        with httpx.Client(base_url=found[0], trust_env=False, timeout=20) as client:
            told = client.post("/echo", content=b"x" * 300_000, headers={"x-forwarded-proto": "https"}).json()
            assert told == {"method": "POST", "size": 300_000, "secure": True}
            assert client.get("/stream").text == "01234"
            page = client.get("/admin/", follow_redirects=True)
            assert "Django administration" in page.text
            assert client.get("/nowhere").status_code == 404
        process.send_signal(signal.SIGTERM)
        assert process.wait(30) == 0
    finally:
        process.kill()
        process.communicate()
