"""Who a process is: user, group, umask, and its name in ps."""

from __future__ import annotations

import os
from dataclasses import dataclass
from typing import TYPE_CHECKING

from hanok.exceptions import ConfigError

if TYPE_CHECKING:
    from hanok.server.config import Config


@dataclass(frozen=True, slots=True)
class Identity:
    """None where nothing is to change."""

    uid: int | None = None
    gid: int | None = None
    umask: int | None = None
    name: str = ""  # the user's, for the groups that it belongs to beside its own

    @classmethod
    def of(cls, config: Config) -> Identity:
        """What the options say. Raises ConfigError for a user, group or mask that cannot be."""
        uid = gid = None
        name = ""
        if config.user is not None:
            uid, gid, name = _user(config.user)
        if config.group is not None:
            gid = _group(config.group)
        if os.geteuid() != 0:
            for option, given, own in (("--user", uid, os.geteuid()), ("--group", gid, os.getegid())):
                if given not in (None, own):
                    raise ConfigError(f"{option}: only root can become another; this process is user {os.geteuid()}.")
        return cls(uid, gid, umask_of(config), name)

    def take(self) -> None:
        """Become it, for good."""
        if self.umask is not None:
            os.umask(self.umask)
        if self.gid is not None and self.gid != os.getegid():
            os.setgid(self.gid)
        if self.uid is not None and self.uid != os.geteuid():
            os.initgroups(self.name, self.gid if self.gid is not None else os.getegid())
            os.setuid(self.uid)


def umask_of(config: Config) -> int | None:
    """The mask; None if none was given. Raises ConfigError."""
    if config.umask is None:
        return None
    try:
        mask = int(config.umask, 8)
    except ValueError:
        mask = -1
    if not 0 <= mask <= 0o777:
        raise ConfigError(f"--umask: {config.umask!r} is not an octal number from 0 to 777.")
    return mask


def _user(given: str) -> tuple[int, int | None, str]:
    import pwd

    try:
        entry = pwd.getpwuid(int(given)) if given.isdecimal() else pwd.getpwnam(given)
    except KeyError:
        if given.isdecimal():
            return int(given), None, given  # a number needs no entry: containers run so
        raise ConfigError(f"--user: this machine has no user {given!r}.") from None
    return entry.pw_uid, entry.pw_gid, entry.pw_name


def _group(given: str) -> int:
    import grp

    if given.isdecimal():
        return int(given)
    try:
        return grp.getgrnam(given).gr_gid
    except KeyError:
        raise ConfigError(f"--group: this machine has no group {given!r}.") from None


def show(title: str) -> None:
    """Name this process in ps, if setproctitle is installed."""
    try:
        import setproctitle  # type: ignore[import-not-found, unused-ignore]  # optional
    except ImportError:
        return
    setproctitle.setproctitle(title)
