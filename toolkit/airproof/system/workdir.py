"""The temporary folder of one command, and the removal of what commands left behind that were killed.

A folder is in use as long as its lock is held, and the system lets go of the lock however the process ends. Such a
folder can hold the index's password in clear, so each command first removes those that nobody uses any more.
"""

from __future__ import annotations

import contextlib
import shutil
import tempfile
import threading
from collections.abc import Iterator
from pathlib import Path

from airproof.errors import BadInput

PREFIX = "airproof-"
LOCK = "in-use.lock"
interrupted = threading.Event()
"""The command was interrupted: it is to end soon."""
INTERRUPTED_TIME = 3.0
"""Seconds that a command which was interrupted may take to remove its folder: an environment can have 100,000 files."""


@contextlib.contextmanager
def work_dir(prefix: str = PREFIX) -> Iterator[Path]:
    """A temporary folder that only this account may read, removed at the end. Raises BadInput if none can be made."""
    from filelock import FileLock  # noqa: PLC0415 - only for commands that need a folder

    remove_abandoned()
    try:
        folder = Path(tempfile.mkdtemp(prefix=prefix)).resolve()
    except OSError as error:
        raise BadInput("work-dir", reason=error.strerror or error) from error
    lock = FileLock(folder / LOCK)
    interrupted.clear()
    try:
        lock.acquire()
        yield folder
    except KeyboardInterrupt:
        interrupted.set()
        raise
    finally:
        lock.release()  # Windows removes no file that is open
        _remove(folder, INTERRUPTED_TIME if interrupted.is_set() else None)


def _remove(folder: Path, seconds: float | None) -> None:
    """Remove the folder, the plan first, which can hold the index's password. What is not removed in so many seconds is
    left to the next command; None: in any time.
    """
    (folder / "plan.json").unlink(missing_ok=True)
    removing = threading.Thread(target=shutil.rmtree, args=(folder,), kwargs={"ignore_errors": True}, daemon=True)
    removing.start()
    removing.join(seconds)


def remove_abandoned() -> None:
    """Remove the folders of commands that were killed. One that cannot be removed stays: it is another account's."""
    for lock_file in Path(tempfile.gettempdir()).glob(f"{PREFIX}*/{LOCK}"):
        with contextlib.suppress(OSError):
            if not _is_held(lock_file):
                shutil.rmtree(lock_file.parent, ignore_errors=True)


def _is_held(lock_file: Path) -> bool:
    from filelock import FileLock, Timeout  # noqa: PLC0415 - only where there is something to look at

    lock = FileLock(lock_file)
    try:
        lock.acquire(timeout=0)
    except Timeout:
        return True
    lock.release()
    return False


def free_in(serverdir: str | None) -> int | None:
    """Return the free bytes of a serverdir's disk; where `+files` is a disk of its own, of the fuller one. None without
    a serverdir, or if nobody can say.
    """
    if serverdir is None:
        return None
    folders = (folder for folder in (Path(serverdir), Path(serverdir, "+files")) if folder.is_dir())
    try:
        return min((shutil.disk_usage(folder).free for folder in folders), default=None)
    except OSError:
        return None
