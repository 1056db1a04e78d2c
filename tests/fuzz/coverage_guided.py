"""Fuzzing the device core by coverage, with atheris: `pip install atheris`, then run this file.

The first octet chooses a valid command, the second how it is protected; the rest takes the place
of its payload, or of the whole message. The arguments are libFuzzer's.
"""

import sys
from pathlib import Path
from tempfile import TemporaryDirectory

_REPO = Path(__file__).resolve().parent.parent.parent
sys.path[:0] = [str(_REPO / part) for part in ("tests", "tests/device", "firmware", "host")]

try:
    import atheris
except ImportError:
    sys.exit("coverage_guided: atheris is not installed: .venv/bin/pip install atheris")

# What is instrumented has to be imported here first.
with atheris.instrument_imports(include=["gbcs_device"]):
    from fuzz.subjects import LAST, InProcess, Start, check

from gbcs_hil.gbcs.message import Message  # noqa: E402 - see above
from valid_messages import BY_TYPE  # noqa: E402

_COUNTER = LAST + 1
_VALID = [(kind, valid) for kind in BY_TYPE for valid in BY_TYPE[kind].values()]
_DEVICES = {kind: InProcess() for kind in BY_TYPE}
_PROTECTED = 0


def one_input(data: bytes) -> None:
    """Give a device what libFuzzer has thought of."""
    if len(data) < 2:
        return
    kind, valid = _VALID[data[0] % len(_VALID)]
    octets = data[2:]
    if data[1] == _PROTECTED:
        octets = valid.protect(Message(valid.make(_COUNTER).header, octets))
    device = _DEVICES[kind]
    device.start(Start(kind, {}))
    check(device, octets)


def write_corpus(folder: Path) -> None:
    """Write every valid command as an input, by its payload and as a whole."""
    for number, (_, valid) in enumerate(_VALID):
        message = valid.make(_COUNTER)
        for way, octets in enumerate((message.payload, valid.protect(message))):
            (folder / f"{number}-{way}").write_bytes(bytes([number, way]) + octets)


if __name__ == "__main__":
    with TemporaryDirectory(prefix="gbcs-hil-corpus-") as corpus:
        write_corpus(Path(corpus))
        atheris.Setup([*sys.argv, "-max_len=4096", corpus], one_input)
        atheris.Fuzz()
