"""Run the device's ECDSA and ECDH on the cases of a file, under MicroPython.

Each line is an operation and its arguments in hexadecimal ("-" for no octets); each line printed
is the result, "ok" or "refused".
"""

import sys

from gbcs_device import p256

OPERATIONS = {
    "verify": p256.verify,
    "sign": p256.sign,
    "ecdh": p256.ecdh,
    "public_key": p256.public_key,
}


def answer(line: str) -> str:
    """Run one line."""
    operation, *octets = line.split()
    arguments = [b"" if word == "-" else bytes.fromhex(word) for word in octets]
    try:
        # A memoryview, for the device hands over parts of a message without a copy.
        result = OPERATIONS[operation](*[memoryview(argument) for argument in arguments])
    except p256.CurveError:
        return "refused"
    return "ok" if result is None else result.hex()


with open(sys.argv[1]) as cases:
    for case in cases:
        sys.stdout.write(answer(case) + "\n")
