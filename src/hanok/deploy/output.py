"""Where the texts of an exporter go: files in a folder, none of which is overwritten unasked."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from hanok.exceptions import ConfigError


def write(files: Mapping[str, str], folder: Path, *, force: bool = False) -> list[Path]:
    """Write the files, and give their paths. Raises ConfigError, before anything is written, if one is there already."""
    paths = {folder / name: text for name, text in files.items()}
    if not force and (there := [path.name for path in paths if path.exists() or path.is_symlink()]):
        raise ConfigError(
            f"{' and '.join(there)} {'is' if len(there) == 1 else 'are'} in {folder} already, and nothing was written. "
            "Give another folder with --output, or --force to overwrite."
        )
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for path, text in paths.items():
            path.write_text(text, "utf-8")
    except OSError as error:
        raise ConfigError(f"--output: {folder} cannot be written to: {error.strerror or error}.") from None
    return list(paths)


def joined(files: Mapping[str, str]) -> str:
    """All of them as one text, each under its name; a single one as it is."""
    if len(files) == 1:
        return "".join(files.values())
    # Documents of YAML are parted by three dashes (YAML 1.2 §9.1.4), and the name is a comment in all formats.
    parts = []
    for name, text in files.items():
        dashes = "---\n" if name.endswith(".yaml") else ""
        parts.append(f"{dashes}# file: {name}\n{text}")
    return "\n".join(parts)
