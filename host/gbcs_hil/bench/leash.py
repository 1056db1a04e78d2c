"""Have a program that this one starts end when this one ends, however it ends."""

import functools
import signal
import subprocess


@functools.cache
def leash(number: signal.Signals) -> tuple[str, ...]:
    """Return what to put before a command to have it sent a signal when its parent ends.

    The parent is the thread that starts it. Where there is no such thing (it is Linux's), a
    firmware ends when it next reads from its line, but not while it computes or writes to a
    line that nobody reads.
    """
    words = ("setpriv", "--pdeathsig", number.name.removeprefix("SIG"), "--")
    try:
        works = subprocess.run([*words, "true"], capture_output=True).returncode == 0
    except OSError:
        works = False
    return words if works else ()
