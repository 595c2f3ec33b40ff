"""An error of airproof itself: one sentence for the user, and the traceback in a file, without secrets."""

from __future__ import annotations

import contextlib
import os
import tempfile
import traceback
from collections.abc import Sequence

from airproof.errors import CannotLook
from airproof.record.redact import Redactor
from airproof.system.processes import SECRET_VARIABLES


def describe_crash(error: Exception, words: Sequence[str]) -> CannotLook:
    """Write the traceback into a new file of the temporary folder, and give the sentence that names it.

    `words`: the command line. Its URLs' credentials, and passwords of the environment, are masked in both.
    """
    redactor = Redactor([os.environ.get(name, "") for name in SECRET_VARIABLES])
    lines = [f"airproof {redactor.text(' '.join(words))}\n\n", *traceback.format_exception(error)]
    reason = redactor.text(f"{type(error).__name__}: {error}".partition("\n")[0])
    path = ""
    with contextlib.suppress(OSError):  # a full disk, a folder that cannot be written: the sentence must do
        handle, path = tempfile.mkstemp(prefix="airproof-crash-", suffix=".log")  # for this account alone
        with os.fdopen(handle, "w", encoding="utf-8", errors="backslashreplace") as file:
            file.write(redactor.text("".join(lines)))
    return CannotLook("crashed", reason=reason.rstrip("."), path=path or "-")
