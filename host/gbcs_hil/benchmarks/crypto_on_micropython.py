"""Time verifications by the firmware and by its peers, round by round, on one interpreter.

Arguments: the number of rounds, the folder of the peers or "-". Prints a JSON object: each
candidate's microseconds, round by round, and the name of the kernel. On an emulated Pico, where
there are no arguments, it prints cycles, and no peer is tried.
"""

import gc
import json
import sys
import time

if sys.argv[2:] and sys.argv[2] != "-":
    sys.path.insert(0, sys.argv[2])

from hashlib import sha256

from cryptolib import aes

from gbcs_device import curve, p256
from gbcs_device.gmac import gmac

# As a board does when every module is in memory: until then the collector comes often.
gc.collect()
gc.threshold(-1)

ROUNDS, PEERS_FOLDER = sys.argv[1:3] if sys.argv[2:] else ("3", "-")

if sys.platform == "rp2":
    from machine import mem32

    def now():
        """Return the emulated Pico's cycles; the upper word is latched by reading the lower."""
        low = mem32[0x40068000] & 0xFFFFFFFF
        return mem32[0x40068004] << 32 | low

    def since(start):
        """Return the cycles since then."""
        return now() - start
else:
    now = time.ticks_us

    def since(start):
        """Return the microseconds since then."""
        return time.ticks_diff(now(), start)


P, N, G = curve.P, curve.N, curve.GENERATOR
A = P - 3
B = 0x5AC635D8AA3A93E7B3EBBD55769886BC651D06B0CC53B0F63BCE3C3E27D2604B
PRIVATE = sha256(b"key").digest()
DIGEST = sha256(b"message").digest()
KEY = p256.public_key(PRIVATE)
SIGNATURE = p256.sign(PRIVATE, DIGEST)
COMB = p256.comb(KEY)
Q = int.from_bytes(KEY[1:33], "big"), int.from_bytes(KEY[33:], "big")
E = int.from_bytes(DIGEST, "big")
R = int.from_bytes(SIGNATURE[:32], "big")
S = int.from_bytes(SIGNATURE[32:], "big")


def ours(operation):
    """Return a candidate of the firmware's own."""

    def run():
        operation()
        return True

    return run


def embit():
    """Return embit's verification on its curve class, with the numbers of P-256."""
    import embit_key

    group = embit_key.EllipticCurve(P, A, B)

    def run():
        w = embit_key.modinv(S, N)
        points = [((G[0], G[1], 1), E * w % N), ((Q[0], Q[1], 1), R * w % N)]
        return group.affine(group.mul(points))[0] % N == R

    return run


def starkbank():
    """Return starkbank-ecdsa's verification."""
    from ellipticcurve.math import Math
    from ellipticcurve.point import Point

    g, q = Point(G[0], G[1]), Point(Q[0], Q[1])

    def run():
        w = Math.inv(S, N)
        found = Math.multiplyAndAdd(g, E * w % N, q, R * w % N, N=N, A=A, P=P)
        return found.x % N == R

    return run


def python_ecdsa(precomputed):
    """Return python-ecdsa's verification, with or without its tables of both points."""
    from ecdsa.ellipticcurve import CurveFp, PointJacobi
    from ecdsa.numbertheory import inverse_mod

    group = CurveFp(P, -3, B, 1)
    g = PointJacobi(group, G[0], G[1], 1, N, generator=True)
    q = PointJacobi(group, Q[0], Q[1], 1, N, generator=precomputed)

    def run():
        w = inverse_mod(S, N)
        found = g.mul_add(E * w % N, q, R * w % N)
        return found.x() % N == R

    return run


def tag():
    """Make a MAC of 1,500 octets, AES key included."""
    gmac(aes(PRIVATE[:16], 1).encrypt, bytes(12), [bytes(1500)])


CANDIDATES = [
    ("verify, any key", lambda: ours(lambda: p256.verify(KEY, DIGEST, SIGNATURE))),
    ("verify, key in a cell", lambda: ours(lambda: p256.verify(KEY, DIGEST, SIGNATURE, COMB))),
    ("sign", lambda: ours(lambda: p256.sign(PRIVATE, DIGEST))),
    ("ECDH, any key", lambda: ours(lambda: p256.ecdh(PRIVATE, KEY))),
    ("ECDH, key in a cell", lambda: ours(lambda: p256.ecdh(PRIVATE, KEY, COMB))),
    ("make a comb", lambda: ours(lambda: p256.comb(KEY))),
    ("GMAC of 1,500 octets", lambda: ours(tag)),
]
PEERS = [
    ("embit", embit),
    ("starkbank-ecdsa", starkbank),
    ("ecdsa", lambda: python_ecdsa(False)),
    ("ecdsa, precomputed", lambda: python_ecdsa(True)),
]


def measure(rounds):
    """Return microseconds by candidate, or the reason why one does not run."""
    runs, times, failed = [], {}, {}
    for name, make in CANDIDATES + (PEERS if PEERS_FOLDER != "-" else []):
        try:
            run = make()
            if not run():
                raise ValueError("it refuses a good signature")
            runs.append((name, run))
            times[name] = []
        except Exception as error:
            failed[name] = type(error).__name__ + ": " + str(error)
    for _ in range(rounds):
        for name, run in runs:
            gc.collect()
            start = now()
            run()
            times[name].append(since(start))
    return times, failed


times, failed = measure(int(ROUNDS))
sys.stdout.write(json.dumps({"kernel": p256.points.KERNEL, "times": times, "failed": failed}))
