"""Points of P-256 on a small machine that computes in the field: fast where there is a kernel.

The machine has registers of 32 octets, the least significant first, each any number below
2**256 that has the right residue modulo P. Register 0 and 1 hold a product before it is reduced.
A program is a string of instructions, four octets each:

    d a b 0      d = a * b
    d a b k      d = a + (k - 128) * b, for k from 3 on
    0 a 0 2      end and return 1 if a's lowest limb is that of 0 or of P
    0 0 0 1      start again, or return 0 when that was the last time

A kernel is a module with `run(program, registers, times)`. This module cannot be imported where
no kernel works.
"""

from gbcs_device._compat import const
from gbcs_device.borrowed import Borrowed
from gbcs_device.curve import P

# Registers: the sum's coordinates, what is added to it, and a product over many points.
_X = const(2)
_Y = const(3)
_Z = const(4)
_X2 = const(9)
_PRODUCT = const(11)
_PREFIX = const(12)
_REGISTERS = const(13)
_ONE = b"\x01" + bytes(31)


def _addition(program, sign, difference):
    # 5 = ZZ, 6 = H = x2 ZZ - X, 7 = R = y2 Z ZZ - Y, or R's opposite if it is a subtraction.
    start = "544 695 662-1 745 7a7 773%s ?6 " % sign
    # Z = Z H, 5 = V = X HH, 6 = HHH, X = RR - HHH - 2 V, Y = R (V - X) - Y HHH.
    rest = "446 566 665 525 277 226-1 225-2 %s 775 336 373-1" % difference
    return program(start + rest), program(rest)


with Borrowed("kernels") as kernels:
    KERNEL, _run = kernels.choose()
    # 5 = ZZ, 6 = YY, 7 = X YY, Z = 2 Y Z, 5 = M = -3 (X - ZZ) (X + ZZ), X = MM - 8 (7),
    # Y = M (X - 4 (7)) - 8 YY YY.
    _DOUBLE = kernels.program(
        "544 633 726 434 444+1 825+1 525-1 585 555-4 255 227-8 727-4 357 666 336-8"
    )
    # By whether it is a subtraction: the whole, and what follows the test.
    _ADD = (
        _addition(kernels.program, "-1", "552-1"),
        _addition(kernels.program, "+1", "525-1"),
    )
    # Register 5 is anything: 5 - 5 is 0.
    _NEGATE = kernels.program("555-1 353-1")
    _ACCUMULATE = kernels.program("bb4")
    # 5 = 1/Z of this point, the product's rest, x = X/ZZ, y = Y/(Z ZZ).
    _NORMALISE = kernels.program("5bc bb4 655 926 665 a36")
    _SQUARE = kernels.program("555")
    # Of register 5: a multiple by a register, and a copy to one; which they are is filled in.
    _MULTIPLY_AND_KEEP = bytearray(kernels.program("550 055+0"))
del kernels, _addition

# The inverse is the power P - 2. In threes: how often register 5 is squared, by which register it
# is multiplied then, and which one keeps that. Registers 2, 3, 4, 6 and 7 get the powers whose
# exponents are 2, 4, 8, 16 and 32 ones in binary. Euclid's algorithm in integers would be as
# fast, and leave 47 KB of dead ones.
_INVERSION = (
    b"\x01\x0b\x02\x02\x02\x03\x04\x03\x04\x08\x04\x06\x10\x06\x07\x20\x0b\x05"
    b"\x80\x07\x05\x20\x07\x05\x10\x06\x05\x08\x04\x05\x04\x03\x05\x02\x02\x05\x02\x0b\x0b"
)


class Point:
    """A running sum of points in Jacobian coordinates; the point at infinity when made.

    (X, Y, Z) stands for (X/Z^2, Y/Z^3), and Z = 0 for the point at infinity.
    """

    def __init__(self) -> None:
        self._registers = bytearray(32 * _REGISTERS)
        self._view = memoryview(self._registers)
        self._finite = False

    def double(self, times: int) -> None:
        """Double the sum several times."""
        if self._finite and times:
            _run(_DOUBLE, self._registers, times)

    def add(self, table: bytes, at: int, negative: int) -> None:
        """Add the table's point at an offset, or subtract it."""
        self._view[32 * _X2 : 32 * _X2 + 64] = table[at : at + 64]
        if not self._finite:
            self._start(negative)
            return
        whole, rest = _ADD[negative]
        if _run(whole, self._registers, 1):
            if self._integer(6):
                _run(rest, self._registers, 1)
            elif self._integer(7):
                self._finite = False
            else:
                # The formula would divide by zero: twice the same point.
                self._start(negative)
                _run(_DOUBLE, self._registers, 1)

    def _start(self, negative: int) -> None:
        view = self._view
        view[32 * _X : 32 * _X + 64] = view[32 * _X2 : 32 * _X2 + 64]
        view[32 * _Z : 32 * _Z + 32] = _ONE
        if negative:
            _run(_NEGATE, self._registers, 1)
        self._finite = True

    def _integer(self, register: int) -> int:
        return int.from_bytes(self._view[32 * register : 32 * register + 32], "little") % P

    def jacobian(self) -> bytes:
        """Return the sum, which is not infinity, for `set` and `pack`."""
        return bytes(self._view[32 * _X : 32 * _X + 96])

    def set(self, value: bytes) -> None:
        """Become what `jacobian` returned."""
        self._view[32 * _X : 32 * _X + 96] = value
        self._finite = True

    def integers(self) -> tuple:
        """Return X, Y and Z modulo the prime."""
        if not self._finite:
            return 1, 1, 0
        return self._integer(_X), self._integer(_Y), self._integer(_Z)


def pack(values: list, table: bytearray, at: int) -> None:
    """Write finite points to a table from an offset on, with one inversion for all."""
    registers = bytearray(32 * _REGISTERS)
    view = memoryview(registers)
    x, prefix, product = 32 * _X, 32 * _PREFIX, 32 * _PRODUCT
    view[product : product + 32] = _ONE
    products = bytearray(32 * len(values))
    for i in range(len(values)):
        products[32 * i : 32 * i + 32] = view[product : product + 32]
        view[x : x + 96] = values[i]
        _run(_ACCUMULATE, registers, 1)
    _invert_product(registers)
    for i in range(len(values) - 1, -1, -1):
        view[x : x + 96] = values[i]
        view[prefix : prefix + 32] = products[32 * i : 32 * i + 32]
        _run(_NORMALISE, registers, 1)
        table[at + 64 * i : at + 64 * i + 64] = view[32 * _X2 : 32 * _X2 + 64]


def _invert_product(registers):
    registers[160:192] = registers[32 * _PRODUCT : 32 * _PRODUCT + 32]
    for i in range(0, len(_INVERSION), 3):
        _run(_SQUARE, registers, _INVERSION[i])
        _MULTIPLY_AND_KEEP[2] = _INVERSION[i + 1]
        _MULTIPLY_AND_KEEP[4] = _INVERSION[i + 2]
        _run(_MULTIPLY_AND_KEEP, registers, 1)
