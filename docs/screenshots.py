"""``make screenshots``: the pictures of docs/images, taken of the real programs.

    python docs/screenshots.py [NAME …] [--to FOLDER]

Starts the examples and the commands as a reader would, looks at them with a headless Chromium that reaches nothing but
this machine, and fails if a page asks for anything else. A page is taken in light; most in dark and on a phone, too.
What a terminal shows is run in a terminal of its own and drawn as SVG.
"""

from __future__ import annotations

import argparse
import fcntl
import functools
import http.server
import json
import os
import pty
import re
import shutil
import signal
import struct
import subprocess
import sys
import tempfile
import termios
import threading
import time
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
SITE = ROOT / "site"
PATIENCE = 60.0  # seconds; reached only when something is broken
BROWSERS = ("chromium", "chromium-browser", "google-chrome")
LOOKS = {
    "": {"viewport": {"width": 1200, "height": 800}, "color_scheme": "light"},
    "-dark": {"viewport": {"width": 1200, "height": 800}, "color_scheme": "dark"},
    "-phone": {"viewport": {"width": 390, "height": 844}, "color_scheme": "light", "device_scale_factor": 2},
}
COLUMNS = 110

# A route of the new project that fails the way routes do.
FAILING = """

PRICES = {"celadon": 34, "moon jar": 120}


@app.get("/prices/{cup}")
async def price(cup: str, guests: int = 1) -> dict[str, int]:
    each = PRICES.get(cup)
    return {"price": each * guests}
"""


# ---- programs


def environment(**given: str) -> dict[str, str]:
    ours = ("HANOK_", "MUSIC_", "SHOP_", "DATABASE_", "STREAMLIT_")
    clean = {name: value for name, value in os.environ.items() if not name.startswith(ours)}
    path = os.pathsep.join([str(Path(sys.executable).parent), clean.get("PATH", "")])
    return {**clean, "PATH": path, "PYTHONPATH": str(ROOT / "src"), "PYTHONDONTWRITEBYTECODE": "1", **given}


def free_port() -> int:
    import socket

    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return int(listener.getsockname()[1])


def answers(url: str) -> bool:
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    try:
        opener.open(url, timeout=5).close()
    except urllib.error.HTTPError:
        return True
    except OSError:
        return False
    return True


@contextmanager
def running(folder: Path, *command: str, until: str, **given: str) -> Iterator[None]:
    """The program in this folder, from the moment when the address ``until`` answers."""
    with tempfile.TemporaryFile() as log:
        process = subprocess.Popen(
            [sys.executable, *command],
            cwd=folder,
            env=environment(**given),
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
        )
        try:
            deadline = time.monotonic() + PATIENCE
            while not answers(until):
                if process.poll() is not None or time.monotonic() > deadline:
                    log.seek(0)
                    raise SystemExit(f"{' '.join(command)} does not answer:\n{log.read().decode(errors='replace')}")
                time.sleep(0.1)
            yield
        finally:
            process.send_signal(signal.SIGTERM)
            process.wait(PATIENCE)


@contextmanager
def shop(folder: Path, *options: str) -> Iterator[str]:
    url = f"http://127.0.0.1:{free_port()}"
    database = {"SHOP_DATABASE_URL": f"sqlite:///{folder}/shop.db"}
    command = ("-m", "hanok", "run", "examples.shop:app", "--port", url.rpartition(":")[2], *options)
    with running(ROOT, *command, until=url, **database):
        yield url


@contextmanager
def studio() -> Iterator[str]:
    api, provider, page = (f"http://127.0.0.1:{free_port()}" for _ in range(3))
    options = ("--server.headless", "true", "--server.address", "127.0.0.1", "--server.port", page.rpartition(":")[2])
    told = {"MUSIC_API": api, "MUSIC_PROVIDER": provider, "MUSIC_PACE": "0.02", "MUSIC_POLL_EVERY": "0.05"}
    with running(ROOT / "examples" / "music_studio", "start.py", *options, until=page, **told):
        deadline = time.monotonic() + PATIENCE
        while not (answers(api) and answers(provider)) and time.monotonic() < deadline:
            time.sleep(0.1)
        yield page


@contextmanager
def new_project(folder: Path) -> Iterator[str]:
    """What ``hanok new`` makes, with a route that fails, served by ``hanok dev``."""
    subprocess.run(
        [sys.executable, "-m", "hanok", "new", "tea-house"],
        cwd=folder,
        env=environment(),
        check=True,
        stdout=subprocess.DEVNULL,
    )
    main = folder / "tea-house" / "tea_house" / "main.py"
    main.write_text(main.read_text("utf-8") + FAILING, "utf-8")
    url = f"http://127.0.0.1:{free_port()}"
    with running(folder / "tea-house", "-m", "hanok", "dev", "--port", url.rpartition(":")[2], until=url):
        yield url


@contextmanager
def documentation() -> Iterator[str]:
    handler = functools.partial(Silent, directory=str(SITE))
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()


class Silent(http.server.SimpleHTTPRequestHandler):
    def log_message(self, *given: object) -> None:
        pass


# ---- pages


class Camera:
    """A browser that takes pictures, and notes every address outside this machine that a page has asked for."""

    def __init__(self, to: Path) -> None:
        from playwright.sync_api import sync_playwright

        path = next(filter(None, map(shutil.which, BROWSERS)), None)
        if path is None:
            raise SystemExit(f"a browser is needed: one of {', '.join(BROWSERS)} (Debian: apt-get install chromium)")
        self.to = to
        self.outside: set[str] = set()
        self._driver = sync_playwright().start()
        alone = "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1"
        self.browser = self._driver.chromium.launch(executable_path=path, args=["--no-sandbox", "--disable-gpu", alone])

    def close(self) -> None:
        self.browser.close()
        self._driver.stop()

    def take(self, name: str, url: str, prepare: Callable[[Any], None] | None = None, width: int | None = None) -> None:
        for look, how in LOOKS.items():
            context = self.browser.new_context(**how)
            page = context.new_page()
            page.set_default_timeout(PATIENCE * 1000)
            if width is not None and look != "-phone":
                page.set_viewport_size({"width": width, "height": how["viewport"]["height"]})
            page.on("request", lambda request: self._note(name, request.url))
            page.goto(url, wait_until="load")
            if prepare is not None:
                prepare(page)
            page.wait_for_load_state("networkidle")
            wide = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
            if wide > 0:
                print(f"  {name}{look}: {wide} pixels wider than the screen")
            page.screenshot(path=self.to / f"{name}{look}.png", animations="disabled")
            print(f"  {name}{look}.png")
            context.close()

    def _note(self, name: str, url: str) -> None:
        if not url.startswith(("data:", "blob:", "http://127.0.0.1:", "ws://127.0.0.1:")):
            self.outside.add(f"{name}: {url}")


def take_shop(camera: Camera, stack: ExitStack) -> None:
    url = stack.enter_context(shop(folder_of(stack)))

    camera.take("shop-docs", f"{url}/docs", lambda page: page.locator(".opblock").first.wait_for())

    def buy(page: Any) -> None:
        page.locator("#products li").filter(has_text="Celadon").get_by_role("button").click()
        page.locator("#feed li").wait_for()
        page.locator("#products button").first.wait_for()

    camera.take("shop", url, buy)


def take_studio(camera: Camera, stack: ExitStack) -> None:
    url = stack.enter_context(studio())

    def ask(page: Any) -> None:
        page.get_by_label("What would you like to hear?").fill("a calm song of rain on a roof")
        page.get_by_role("button", name="Generate music").click()
        page.locator("audio").wait_for()
        page.wait_for_function("document.querySelector('audio').readyState >= 2")
        page.get_by_role("button", name="Generate music").wait_for()

    camera.take("music-studio", url, ask)


def take_project(camera: Camera, stack: ExitStack) -> None:
    url = stack.enter_context(new_project(folder_of(stack)))
    camera.take("welcome", url)
    camera.take("error-page", f"{url}/prices/maple?guests=2")
    camera.take("not-found", f"{url}/note")


def take_site(camera: Camera, stack: ExitStack) -> None:
    if not (SITE / "index.html").is_file():
        print("  docs-home: left out, because there is no site/index.html; `make docs` builds it")
        return
    camera.take("docs-home", stack.enter_context(documentation()), width=1280)  # where its navigation is in view


# ---- terminals

# Rich's own form names fonts on the network; this one takes what the reader has.
SVG = """<svg xmlns="http://www.w3.org/2000/svg" class="rich-terminal" viewBox="0 0 {width} {height}">
<style>
.{unique_id}-matrix {{ font-family: ui-monospace, SFMono-Regular, Menlo, Consolas, "DejaVu Sans Mono", monospace;
  font-size: {char_height}px; line-height: {line_height}px; font-variant-east-asian: full-width }}
.{unique_id}-title {{ font-size: 18px; font-weight: bold; font-family: system-ui, sans-serif }}
{styles}
</style>
<defs><clipPath id="{unique_id}-clip-terminal"><rect width="{terminal_width}" height="{terminal_height}"/></clipPath>
{lines}</defs>
{chrome}
<g transform="translate({terminal_x}, {terminal_y})" clip-path="url(#{unique_id}-clip-terminal)">
{backgrounds}
<g class="{unique_id}-matrix">{matrix}</g></g>
</svg>
"""


def in_terminal(folder: Path, *command: str, **given: str) -> str:
    """What the command writes to a terminal, colours and all."""
    ours, its = pty.openpty()
    fcntl.ioctl(its, termios.TIOCSWINSZ, struct.pack("HHHH", 60, COLUMNS, 0, 0))
    process = subprocess.Popen(
        [sys.executable, "-m", *command],
        cwd=folder,
        env=environment(TERM="xterm-256color", COLUMNS=str(COLUMNS), COLORTERM="truecolor", **given),
        stdin=subprocess.DEVNULL,
        stdout=its,
        stderr=its,
    )
    os.close(its)
    written = b""
    try:
        while piece := os.read(ours, 65536):
            written += piece
    except OSError:  # Linux says so when the other side is closed
        pass
    os.close(ours)
    process.wait(PATIENCE)
    return written.decode().replace("\r\n", "\n")


def draw(camera: Camera, name: str, title: str, shown: str) -> None:
    from rich.console import Console
    from rich.text import Text

    console = Console(record=True, width=COLUMNS, file=open(os.devnull, "w"), force_terminal=True)  # noqa: SIM115
    text = Text.from_ansi(shown.strip("\n"))
    console.print(text, no_wrap=True, crop=False)
    console.print()
    svg = console.export_svg(title=title, code_format=SVG, unique_id=name)
    (camera.to / f"{name}.svg").write_text(re.sub(r"[ \t]+$", "", svg, flags=re.MULTILINE), "utf-8")
    print(f"  {name}.svg")


def take_terminals(camera: Camera, stack: ExitStack) -> None:
    draw(camera, "routes", "hanok routes examples.shop:app", in_terminal(ROOT, "hanok", "routes", "examples.shop:app"))
    doctor = ("hanok", "doctor", "examples.shop:app", "--workers", "4")
    draw(camera, "doctor", " ".join(doctor), in_terminal(ROOT, *doctor))
    admin = f"127.0.0.1:{free_port()}"
    url = stack.enter_context(shop(folder_of(stack), "--workers", "2", "--admin-bind", admin, "--no-access-log"))
    enough = threading.Event()
    asking = [threading.Thread(target=ask_again, args=(url, enough)) for _ in range(4)]
    for one in asking:
        one.start()
    try:
        shown = in_terminal(ROOT, "hanok", "top", admin, "--once", "--interval", "2")
    finally:
        enough.set()
        for one in asking:
            one.join()
    draw(camera, "top", "hanok top 127.0.0.1:9000", shown.replace(admin, "127.0.0.1:9000"))


def ask_again(url: str, enough: threading.Event) -> None:
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    customer = {"name": "Kim Hana", "email": "hana@example.com", "address": {
        "street": "12 Bukchon-ro", "city": "Seoul", "postcode": "03052", "country": "KR"}}  # fmt: skip
    order = json.dumps({"customer": customer, "lines": [{"product_id": 1, "quantity": 1}]}).encode()
    requests = [
        urllib.request.Request(f"{url}/products"),
        urllib.request.Request(f"{url}/products/1"),
        urllib.request.Request(f"{url}/products/99"),
        urllib.request.Request(f"{url}/orders", order, {"Content-Type": "application/json"}),
    ]
    while not enough.is_set():
        for request in requests:
            try:
                opener.open(request, timeout=PATIENCE).close()
            except urllib.error.HTTPError as error:
                error.close()


# ---- all


def folder_of(stack: ExitStack) -> Path:
    return Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="hanok-")))


TAKES = {
    "shop": take_shop,
    "music": take_studio,
    "project": take_project,
    "site": take_site,
    "terminals": take_terminals,
}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("names", nargs="*", help=f"some of: {', '.join(TAKES)}; all by default")
    parser.add_argument("--to", type=Path, default=ROOT / "docs" / "images")
    given = parser.parse_args()
    if unknown := set(given.names) - set(TAKES):
        parser.error(f"there is no {', '.join(sorted(unknown))}")
    given.to.mkdir(parents=True, exist_ok=True)
    camera = Camera(given.to)
    try:
        for name in given.names or TAKES:
            print(name)
            with ExitStack() as stack:
                TAKES[name](camera, stack)
    finally:
        camera.close()
    if camera.outside:
        raise SystemExit("pages asked for what is not on this machine:\n" + "\n".join(sorted(camera.outside)))


if __name__ == "__main__":
    main()
