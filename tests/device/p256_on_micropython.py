"""Run the device's ECDSA and ECDH on the cases of a file, under MicroPython.

Each line is an operation and its arguments in hexadecimal ("-" for no octets). The first line
printed is what computes, each further one the result, "ok" or "refused". Kernels named after the
file are withheld from the device.
"""

import sys

for name in sys.argv[2:]:
    # A module that is there already and has no `run` is one that cannot be used.
    sys.modules["gbcs_device." + name] = sys

from gbcs_device import p256  # noqa: E402 - see above

OPERATIONS = {
    "verify": p256.verify,
    "verify_by_comb": lambda key, *rest: p256.verify(key, *rest, p256.comb(key)),
    "sign": p256.sign,
    "ecdh": p256.ecdh,
    "ecdh_by_comb": lambda private, key: p256.ecdh(private, key, p256.comb(key)),
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


sys.stdout.write(p256.points.KERNEL + "\n")
with open(sys.argv[1]) as cases:
    for case in cases:
        sys.stdout.write(answer(case) + "\n")
