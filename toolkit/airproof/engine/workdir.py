"""The temporary folder of one command, and the removal of what commands left behind that were killed.

A folder is in use as long as its lock is held, and the system lets go of the lock however the process ends. Such a
folder can hold the index's password in clear, so each command first removes those that nobody uses any more.
"""

from __future__ import annotations

import contextlib
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

from airproof.errors import BadInput

PREFIX = "airproof-"
LOCK = "in-use.lock"


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
    try:
        lock.acquire()
        yield folder
    finally:
        lock.release()  # Windows removes no file that is open
        shutil.rmtree(folder, ignore_errors=True)


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
