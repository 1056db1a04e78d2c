"""Compare a kernel, its inverses and its points with big integers.

Arguments: the kernel's name, how many random cases, kernels to do without. Prints the name of the
kernel that is used, and how many products and sums, inverses, and points were wrong.
"""

import sys
from hashlib import sha256

from gbcs_device import big_points, curve, kernels

NAME, COUNT = sys.argv[1], int(sys.argv[2])
# A module that is there already and has no `run` is one that cannot be used.
sys.modules.update({"gbcs_device." + name: sys for name in sys.argv[3:]})

from gbcs_device import field_machine  # noqa: E402 - see above

SHIFTS = (1, -1, 2, -2, -4, -8, 127, -124)


def numbers():
    """Yield numbers of 256 bits: random ones, and some with long runs of ones and zeros."""
    state = sha256(NAME.encode()).digest()
    while True:
        state = sha256(state).digest()
        yield int.from_bytes(state, "little")
        low = state[0]
        yield ((1 << state[1]) - (1 << low)) % 2**256
        yield (-(1 << low)) % 2**256
        yield curve.P + state[2] - 128


def check_kernel(run, random):
    """Multiply, square and add in the field; return how many results are wrong."""
    registers = bytearray(32 * 5)
    product, square = kernels.program("423"), kernels.program("422")
    sums = [kernels.program("423" + (str(k) if k < 0 else "+" + str(k))) for k in SHIFTS]
    wrong = 0
    for i in range(COUNT):
        a, b = next(random), next(random)
        registers[64:96] = a.to_bytes(32, "little")
        registers[96:128] = b.to_bytes(32, "little")
        k = SHIFTS[i % len(SHIFTS)]
        combined = sums[i % len(SHIFTS)], a + k * b
        for code, expected in ((product, a * b), (square, a * a), combined):
            run(code, registers, 0)
            found = int.from_bytes(registers[128:], "little")
            wrong += (found - expected) % curve.P != 0
    return wrong


def check_inverses(random):
    """Invert modulo the prime and the order; return how many results are wrong."""
    wrong = 0
    for _ in range(COUNT // 10):
        number = next(random)
        for modulus in (curve.P, curve.N):
            rest = number % modulus or 1
            wrong += field_machine.inverse(rest, modulus) * rest % modulus != 1
    return wrong


def check_points(random):
    """Walk with both kinds of points; return how many sums differ."""
    one = curve.GENERATOR[0].to_bytes(32, "little") + curve.GENERATOR[1].to_bytes(32, "little")
    table = bytearray(64 * 4)
    start = field_machine.Point()
    start.add(one, 0, 0)
    values = []
    for _ in range(4):
        values.append(start.jacobian())
        start.double(1)
    field_machine.pack(values, table, 0)
    fast, slow = field_machine.Point(), big_points.Point()
    wrong = 0
    for _ in range(COUNT // 10):
        step = next(random)
        for point in (fast, slow):
            point.add(table, 64 * (step & 3), step >> 2 & 1)
            point.double(step >> 3 & 3)
        x, y, z = fast.integers()
        x2, y2, z2 = slow.integers()
        if z == 0 or z2 == 0:
            wrong += z != z2
        else:
            wrong += (x * z2 * z2 - x2 * z * z) % curve.P != 0
            wrong += (y * z2**3 - y2 * z**3) % curve.P != 0
    return wrong


random = numbers()
run = getattr(__import__("gbcs_device." + NAME), NAME).run
results = [field_machine.KERNEL, str(check_kernel(run, random))]
results += [str(check_inverses(random)), str(check_points(random))]
sys.stdout.write(" ".join(results))
