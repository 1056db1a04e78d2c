"""Run a board whose firmware tells after each message where its time went.

Arguments: the board's module name ("unix" or "cpython") and its flash. Each log line of the form
`profile {name: microseconds}` is about one message: what was spent in each part and in no other.
"""

import json
import sys
import time

try:
    _now = time.ticks_us
except AttributeError:

    def _now():
        return time.perf_counter_ns() // 1000


board_module = __import__("gbcs_device.boards." + sys.argv[1], None, None, ("*",))

from gbcs_device import app, bench_port, cbor, certification_path, device, p256, security  # noqa: E402

_spent = {}
_running = []


def timed(name, function):
    """Return a function that adds its own time to a part's."""

    def run(*arguments):
        _running.append(0)
        start = _now()
        try:
            return function(*arguments)
        finally:
            whole = _now() - start
            within = _running.pop()
            _spent[name] = _spent.get(name, 0) + whole - within
            if _running:
                _running[-1] += whole

    return run


def timed_names(owner, names):
    """Put timed functions in the place of an owner's."""
    for name, part in names.items():
        setattr(owner, name, timed(part, getattr(owner, name)))


timed_names(
    p256,
    {
        "verify": "signature checks",
        "sign": "signing",
        "ecdh": "key agreement",
        "check_public_key": "keys on the curve",
    },
)
timed_names(security, {"gmac": "GMAC"})
timed_names(board_module.Files, {"read": "flash", "write": "flash", "remove": "flash"})
timed_names(board_module.Board, {"tidy": "collecting garbage"})
timed_names(cbor, {"loads": "bench port", "dumps": "bench port"})
timed_names(certification_path, {"Certificate": "parsing certificates"})
timed_names(device.Device, {"receive": "the rest"})
if hasattr(board_module, "SyncedFiles"):
    timed_names(board_module.SyncedFiles, {"write": "flash"})


class Profiled(bench_port.BenchPort):
    """The bench port of a board that tells where its time went."""

    def handle(self, request):
        """Carry out a request; tell of it if it brought a message."""
        _spent.clear()
        reply = timed("bench port", super().handle)(request)
        if request.get("op") == "deliver":
            self._board.stream_out.write(("profile " + json.dumps(_spent) + "\n").encode())
        return reply


app.BenchPort = Profiled
sys.exit(app.run(board_module.Board(sys.argv[2])))
