"""``python start.py``: the page, the API and the provider, ended together by Ctrl-C."""

import signal
import subprocess
import sys
from pathlib import Path
from urllib.parse import urlsplit

from settings import Settings

HERE = Path(__file__).parent


def commands(settings: Settings) -> list[list[str]]:
    serve = [sys.executable, "-m", "hanok", "run"]
    return [
        [*serve, "provider_service:app", "--port", str(urlsplit(settings.provider).port)],
        [*serve, "main:app", "--port", str(urlsplit(settings.api).port)],
        [sys.executable, "-m", "streamlit", "run", "page.py", "--browser.gatherUsageStats", "false", *sys.argv[1:]],
    ]


def main() -> None:
    # A service manager ends us with SIGTERM; then the others shall end as well.
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    processes = [subprocess.Popen(command, cwd=HERE) for command in commands(Settings.from_environment())]
    try:
        processes[-1].wait()
    except KeyboardInterrupt:
        pass
    finally:
        for process in processes:
            process.terminate()
        for process in processes:
            process.wait()


if __name__ == "__main__":
    main()
