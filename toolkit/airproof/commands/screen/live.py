"""Progress of a run on standard error: a board that changes on a terminal, plain lines elsewhere.

The board lies over the last lines and is taken away at the end: the report that follows says it all again.
"""

from __future__ import annotations

import os
import shutil
import sys
import threading
import time
from types import TracebackType

from airproof.commands.screen.board import Board
from airproof.printable import width
from airproof.record.fold import Event, Progress
from airproof.renderers.terminal import takes_escapes, wants_colour
from airproof.system.output import without_steering
from airproof.words import Lang

TICK = 1.0
"""Seconds between two looks at the clock, so that a person sees that the run is alive."""
CLEAR = "\x1b[K"
"""From here to the end of the line; clearing a whole screen would fill some terminals' history with it."""


class Follower:
    """Follows the events of a run; a context manager that leaves no half line behind. Before it is entered, and on
    what is no terminal, each step is a line.
    """

    def __init__(self, lang: Lang, *, quiet: bool) -> None:
        windows = os.name == "nt"
        self.quiet = quiet
        self.changing = takes_escapes(sys.stderr, os.environ, windows=windows)
        self.colour = wants_colour(sys.stderr, os.environ, windows=windows)
        self.board = Board(lang)
        self._begun = time.monotonic()
        self._drawn = 0
        """Lines of the board that stand on the screen, but for the last."""
        self._lock = threading.Lock()
        self._over = threading.Event()
        self._clock = threading.Thread(target=self._tick, name="airproof-board", daemon=True)

    def __enter__(self) -> Follower:
        self._begun = time.monotonic()
        if self.changing and not self.quiet:
            self._clock.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._over.set()
        if self._clock.is_alive():
            self._clock.join()
        if self.changing:
            with self._lock:
                self._write(self._home() + "\n".join([CLEAR] * (self._drawn + 1)) + self._home())
                self._drawn = 0

    def event(self, event: Event) -> None:
        """Show the step that runs; where nobody can read it any more, the run goes on without."""
        with self._lock:
            self.board.take(event)
            if self._clock.is_alive():
                self._draw()
            elif isinstance(event, Progress):
                self._write(f"  {self.board.at}\n")

    def _tick(self) -> None:
        while not self._over.wait(TICK):
            with self._lock:
                self._draw()

    def _draw(self) -> None:
        columns, lines = shutil.get_terminal_size()
        families = list(self.board.families())
        rows = [self._row(pieces, columns - 1) for pieces in families[max(0, len(families) - lines + 2) :]]
        rows.append(self._row([(f"  {self.board.now(time.monotonic() - self._begun)}", "")], columns - 1))
        rows += [""] * (self._drawn + 1 - len(rows))  # a screen that was made smaller has fewer of them
        self._write(self._home() + "\n".join(CLEAR + row for row in rows))
        self._drawn = len(rows) - 1

    def _home(self) -> str:
        """To the board's first column and line."""
        return "\r" + (f"\x1b[{self._drawn}A" if self._drawn else "")

    def _row(self, pieces: list[tuple[str, str]], columns: int) -> str:
        """One line of the screen and no more: a line that is broken by the terminal could not be taken away."""
        shown, left = "", columns
        for text, style in pieces:
            while width(text) > left:
                text = text[:-1]  # noqa: PLW2901 - what fits of it
            left -= width(text)
            shown += f"\x1b[{style}m{text}\x1b[0m" if self.colour and style and text else text
        return shown

    def _write(self, text: str) -> None:
        if self.quiet:
            return
        try:
            sys.stderr.write(without_steering(text))
            sys.stderr.flush()
        except (OSError, ValueError):
            self.quiet = True
