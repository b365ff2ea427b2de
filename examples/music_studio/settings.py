"""What environment variables set."""

import os
from dataclasses import dataclass
from typing import Self


@dataclass(frozen=True)
class Settings:
    api: str = "http://127.0.0.1:8000"
    provider: str = "http://127.0.0.1:8001"
    provider_key: str = ""
    patience: float = 60.0  # seconds that a generation may take
    poll_every: float = 0.5  # seconds between two questions whether it is done
    pace: float = 0.2  # seconds that our own provider spends on a second of music

    @classmethod
    def from_environment(cls) -> Self:
        """``MUSIC_API``, ``MUSIC_PROVIDER`` and so on. Raises ValueError for a number that is none."""
        return cls(
            **{
                name: type(default)(os.environ.get(f"MUSIC_{name.upper()}", default))
                for name, default in vars(cls()).items()
            }
        )
