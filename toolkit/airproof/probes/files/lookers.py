"""Processes that look into files. Threads would not do: Python's lock changes hands several times for each of the many
small members of a wheel.
"""

from __future__ import annotations

import io
import os
import struct
import sys
from contextlib import ExitStack, suppress
from queue import SimpleQueue
from types import TracebackType
from typing import IO

import msgspec

from airproof.errors import CannotLook
from airproof.probes.files.problems import Looked, Question, answer_of
from airproof.system.processes import Conversation, conversing, without_python_settings
from airproof.system.processors import processors, side_by_side

MEMORY = 150 << 20
"""Bytes that one process needs at most, with room to spare (measured: 29 MB, and a small file with its metadata)."""
MANY = 1_000
"""Files from which processes are started; each takes 0.25 s to begin with."""
HERE = 2
"""Threads that look where there are no processes: one reads while the other unpacks."""
MOST = 8
"""Processes: the one that fetches and asks has its hands full with so many (0.3 ms of its processor for each file)."""
BEGIN = "import sys; sys.path[:] = sys.argv[1:]; from airproof.probes.files.lookers import serve; serve()"
SIZES = struct.Struct("<II")
"""Before a question the bytes of it and of the file; before an answer those of it, and 0."""


class Lookers:
    """Processes that look into files, as a context manager; may be asked from several threads. With none of them, or
    where one of them has ended, a file is looked into where it is asked for.
    """

    def __init__(self, files: int, jobs: int) -> None:
        """`files`: how many will be asked for; `jobs`: how many at a time; 0: as the machine allows."""
        wanted = min(side_by_side(jobs, MEMORY), jobs or processors(), MOST)
        self.processes = wanted if wanted > 1 and files >= MANY else 0
        self.at_once = self.processes or HERE
        """How many may be asked at a time without one waiting for another."""
        self._idle: SimpleQueue[Conversation | None] = SimpleQueue()
        self._stack = ExitStack()

    def __enter__(self) -> Lookers:
        command = [sys.executable, "-I", "-c", BEGIN, *sys.path]
        for _ in range(self.processes):
            looker = None
            with suppress(CannotLook):
                looker = self._stack.enter_context(conversing(command, without_python_settings(os.environ)))
            self._idle.put(looker)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stack.close()

    def ask(self, question: Question, file: IO[bytes] | None = None) -> Looked:
        """Return what is found in a file. One that is not in memory is looked into here: its members are large, and to
        unpack them releases the lock.
        """
        here = file or io.BytesIO()
        if not self.processes or not isinstance(here, io.BytesIO):
            return answer_of(question, here)
        looker = self._idle.get()
        try:
            answer = None if looker is None else _answer_from(looker, question, here)
        except (OSError, EOFError, ValueError):  # It has ended; the file may be the reason, or anything else.
            looker = answer = None
        finally:
            self._idle.put(looker)
        return answer_of(question, here) if answer is None else answer


def _answer_from(looker: Conversation, question: Question, file: io.BytesIO) -> Looked:
    asked, content = msgspec.msgpack.encode(question), file.getvalue()
    looker.say(SIZES.pack(len(asked), len(content)) + asked)
    looker.say(content)
    size, _ = SIZES.unpack(looker.hear(SIZES.size))
    found: Looked = msgspec.msgpack.decode(looker.hear(size), type=Looked)
    return found


def serve() -> None:
    """Answers questions until standard input ends, as it does with the process that asks."""
    source, sink = sys.stdin.buffer, sys.stdout.buffer
    while len(head := source.read(SIZES.size)) == SIZES.size:
        size, content = SIZES.unpack(head)
        question = msgspec.msgpack.decode(source.read(size), type=Question)
        answer = msgspec.msgpack.encode(answer_of(question, io.BytesIO(source.read(content))))
        sink.write(SIZES.pack(len(answer), 0) + answer)
        sink.flush()
