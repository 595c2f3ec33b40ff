"""The one door for child processes: what comes back, and that nothing is left behind."""

from __future__ import annotations

import _thread
import os
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from airproof.errors import CannotLook
from airproof.system.processes import KEPT_HEAD, KEPT_TAIL, conversing, run, stop_marked

LONG = 120.0
HANGS = "import time; time.sleep(600)"
CALLS_HOME = """
import socket, time
line = socket.create_connection(("127.0.0.1", {port}))
print("called", flush=True)
time.sleep(600)
"""


def python(code: str) -> list[str]:
    return [sys.executable, "-c", code]


@contextmanager
def grandchild_line() -> Iterator[tuple[str, socket.socket]]:
    """Code of a child that starts a grandchild and waits until that has connected here; and the listening socket."""
    with socket.create_server(("127.0.0.1", 0)) as listening:
        listening.settimeout(LONG)
        grandchild = CALLS_HOME.format(port=listening.getsockname()[1])
        start = f"subprocess.Popen([sys.executable, '-c', {grandchild!r}], stdout=subprocess.PIPE)"
        yield f"import subprocess, sys; child = {start}; child.stdout.read(6)", listening


def is_hung_up(listening: socket.socket) -> bool:
    """Say whether the grandchild that connected is gone: the system then ends its connection."""
    line, _ = listening.accept()
    with line:
        line.settimeout(LONG)
        try:
            return line.recv(1) == b""
        except ConnectionResetError:
            return True


def test_output_and_exit_code_come_back() -> None:
    """Both outputs, the exit code and the command are kept."""
    command = python("import sys; print('out'); print('err', file=sys.stderr); sys.exit(3)")

    ran = run(command, timeout=LONG)

    assert (3, "out\n", "err\n", tuple(command), False) == (ran.exit_code, ran.stdout, ran.stderr, ran.command, ran.ok)


def test_standard_input_is_given_and_ends() -> None:
    """A child reads what it is given, to its end, in UTF-8."""
    ran = run(python("import sys; print(ascii(sys.stdin.buffer.read()))"), timeout=LONG, stdin="上架")

    assert f"{'上架'.encode()!r}\n" == ran.stdout


def test_a_child_that_does_not_read_its_input_is_no_trouble() -> None:
    """More input than a pipe holds, for a child that reads none."""
    ran = run(python("pass"), timeout=LONG, stdin="x" * 1_000_000)

    assert ran.ok


def test_bytes_that_are_no_utf8_are_replaced_and_lines_end_alike() -> None:
    """A console of code page 950, and line ends of Windows."""
    ran = run(python(r"import sys; sys.stdout.buffer.write(b'\xa4W\xac[\r\nnext')"), timeout=LONG)

    assert ran.stdout == "\ufffdW\ufffd[\nnext"


def test_long_output_keeps_its_start_and_its_end_and_says_what_was_cut() -> None:
    """More than is kept: the middle is cut, and the text says how many bytes."""
    more = 1234
    length = KEPT_HEAD + KEPT_TAIL + more
    ran = run(python(f"import sys; sys.stdout.write('a' + 'x' * {length - 2} + 'z')"), timeout=LONG)

    assert ran.stdout.startswith("ax")
    assert ran.stdout.endswith("xz")
    assert f"\n[airproof: {more} bytes cut]\n" in ran.stdout


def test_output_that_fits_is_whole() -> None:
    """Exactly as much as is kept: nothing is cut."""
    ran = run(python(f"print('x' * {KEPT_HEAD + KEPT_TAIL - 1}, end='')"), timeout=LONG)

    assert ran.stdout == "x" * (KEPT_HEAD + KEPT_TAIL - 1)


def test_only_the_given_environment_and_folder_are_seen(tmp_path: Path) -> None:
    """A variable of this process does not reach a child that was given an environment."""
    env = {"SYSTEMROOT": "C:\\Windows", "ONLY": "this"}
    code = "import os; print(os.environ.get('ONLY'), os.environ.get('PATH'), os.getcwd())"

    ran = run(python(code), timeout=LONG, env=env, cwd=tmp_path.resolve())

    assert f"this None {tmp_path.resolve()}\n" == ran.stdout


def test_a_child_whose_time_is_over_is_stopped_with_its_children() -> None:
    """No exit code, what it said so far, and its own child is gone."""
    with grandchild_line() as (code, listening):
        ran = run(python(f"{code}; print('started', flush=True); {HANGS}"), timeout=3)
        gone = is_hung_up(listening)

    assert (ran.exit_code, ran.stdout, ran.ok) == (None, "started\n", False)
    assert gone


@pytest.mark.skipif(sys.platform == "win32", reason="Windows forgets whose child it was once the parent has ended")
def test_a_child_that_is_left_behind_is_stopped() -> None:
    """The command ended well, and what it started and left is gone as well."""
    with grandchild_line() as (code, listening):
        ran = run(python(f"{code}; import os; os._exit(0)"), timeout=LONG)
        gone = is_hung_up(listening)

    assert ran.ok
    assert gone


def test_an_interrupt_stops_the_child_too() -> None:
    """A Ctrl-C while waiting goes on to the caller, and leaves nothing running."""
    with grandchild_line() as (code, listening):

        def interrupt() -> None:
            line, _ = listening.accept()
            lines.append(line)
            _thread.interrupt_main()

        lines: list[socket.socket] = []
        waiting = threading.Thread(target=interrupt)
        waiting.start()
        with pytest.raises(KeyboardInterrupt):
            run(python(f"{code}; {HANGS}"), timeout=LONG)
        waiting.join()
        with lines[0] as line:
            line.settimeout(LONG)
            try:
                last = line.recv(1)
            except ConnectionResetError:
                last = b""

    assert last == b""


def test_a_command_that_does_not_exist_is_named(tmp_path: Path) -> None:
    """CannotLook, with the command and the system's reason."""
    missing = tmp_path / "nothing"

    with pytest.raises(CannotLook) as caught:
        run([missing], timeout=LONG)

    assert ("cannot-start", str(missing)) == (caught.value.key, caught.value.values["command"])


def test_a_child_answers_until_it_is_stopped(tmp_path: Path) -> None:
    """However long a question is; one that has ended answers no more, and nothing is left of either."""
    echo = (
        "import sys; [sys.stdout.buffer.write(sys.stdin.buffer.read1()) and sys.stdout.flush() for _ in iter(int, 1)]"
    )
    with conversing(python(echo), os.environ) as echoing:
        for question in (b"a", b"b" * 100_000):
            echoing.say(question)
            assert question == echoing.hear(len(question))
    with conversing(python("raise SystemExit"), os.environ) as ended, pytest.raises(EOFError):
        ended.hear(1)


def test_output_is_heard_while_the_process_runs(tmp_path: Path) -> None:
    """A progress display gets each piece as it comes: the child waits until it was heard. All of it is kept."""
    heard: list[bytes] = []

    def hear(piece: bytes) -> None:
        heard.append(piece)
        (tmp_path / "heard").touch()

    code = (
        "import os, time\nprint('one', flush=True)\nwhile not os.path.exists('heard'): time.sleep(0.01)\nprint('two')"
    )
    ran = run(python(code), timeout=LONG, cwd=tmp_path, heard=hear)

    assert ("one\ntwo\n", 0) == (ran.stdout, ran.exit_code)
    assert [b"one", b"two"] == b"".join(heard).split()


def test_no_child_is_given_airproofs_own_passwords(monkeypatch: pytest.MonkeyPatch) -> None:
    """Packages that are built and imported run in children, and could send them anywhere."""
    monkeypatch.setenv("AIRPROOF_OMFLOW_PASSWORD", "in-the-environment")
    code = "import os; print(os.environ.get('AIRPROOF_OMFLOW_PASSWORD'))"
    said = [run([sys.executable, "-c", code], timeout=60, env=env).stdout.strip() for env in (None, dict(os.environ))]

    assert ["None", "None"] == said


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux shows the environment of processes")
def test_a_child_that_has_left_its_session_is_stopped_by_its_mark() -> None:
    """Also one that its parent has not waited for; a process with another mark goes on."""
    hangs = [sys.executable, "-c", HANGS]
    code = f"import subprocess; subprocess.Popen({hangs!r}, start_new_session=True)"
    with subprocess.Popen(hangs, env={**os.environ, "MARK": "other"}) as other:
        run([sys.executable, "-c", code], timeout=60, env={**os.environ, "MARK": "one"})
        stopped = stop_marked("MARK", ["one"])
        again = stop_marked("MARK", ["one"])
        running = other.poll() is None
        other.kill()

    assert ((" ".join(hangs),), (), True) == (stopped, again, running)
