"""``import hanok.dropin.auto``: the drop-in, for this process and those that it forks."""

from __future__ import annotations

from hanok.dropin.finder import install

install()
