"""Signals that end a process wait for what must be done whole."""

import signal
import threading

import pytest

from gbcs_hil.ending import held_back


def test_an_interrupt_comes_after_what_must_be_whole() -> None:
    done = []
    with pytest.raises(KeyboardInterrupt):
        with held_back():
            signal.raise_signal(signal.SIGINT)
            signal.raise_signal(signal.SIGINT)
            done.append("whole")
        done.append("more")
    assert done == ["whole"]


def test_an_error_is_not_lost() -> None:
    with pytest.raises(ValueError, match="why"), held_back():
        raise ValueError("why")
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler


def test_another_thread_has_nothing_to_hold_back() -> None:
    done = []

    def work() -> None:
        with held_back():
            done.append("whole")

    thread = threading.Thread(target=work)
    thread.start()
    thread.join()
    assert done == ["whole"]
