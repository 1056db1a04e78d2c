"""Points of P-256 on a small machine that computes in the field: fast where there is a kernel.

The machine has registers of 32 octets, the least significant first, each any number below
2**256 that has the right residue modulo P. Registers 0 and 1 are the kernel's own, for a product
before it is reduced. The programs stand in one string of octets, four an instruction:

    d a b 0      d = a * b
    d a b k      d = a + (k - 128) * b, for k from 4 on
    0 a 0 2      stop if a's lowest limb is that of 0 or of P
    t n p 3      copy point t % 32 of table t / 32 to registers 9 and 10, or nothing if t is 255,
                 then run the program at instruction p n times; no program calls one
    0 0 0 1      end of a program

The addresses of up to eight tables stand in registers 13 and 14, eight octets each.

A kernel is a module with `run(code, registers, at)`, which begins at an instruction and returns
0 at the end, or, where it stopped, the number of the instruction after it: after the call, if it
was in a program that was called. This module cannot be imported where no kernel works.
"""

from gbcs_device import scalars_viper
from gbcs_device._compat import const
from gbcs_device.borrowed import Borrowed
from gbcs_device.curve import WIDTH, P
from gbcs_device.scalars_viper import (
    COMB_LANE,
    WNAF_LANE,
    comb_lane,
    inverse,
    point_to,
    steps,
    wnaf_lane,
)

# Registers: the sum's coordinates, what is added to it, and a product over many points.
_X = const(2)
_Y = const(3)
_Z = const(4)
_X2 = const(9)
_PRODUCT = const(11)
_PREFIX = const(12)
_POINTERS = const(13)
_REGISTERS = const(15)
_NO_TABLE = const(255)
_ONE = b"\x01" + bytes(31)

with Borrowed("kernels") as kernels:
    if not kernels.scalars_are_right(scalars_viper):
        raise ImportError("wrong machine code")
    kernels.quicken(scalars_viper)
    KERNEL, _run = kernels.choose(point_to)
    _code = kernels.Programs()
    # 5 = ZZ, 6 = YY, 7 = X YY, Z = 2 Y Z, 5 = M = -3 (X - ZZ) (X + ZZ), X = MM - 8 (7),
    # Y = M (X - 4 (7)) - 8 YY YY.
    _DOUBLE = _code.add(
        "544 633 726 434 444+1 825+1 525-1 585 555-4 255 227-8 727-4 357 666 336-8"
    )
    # A subtraction goes on into the addition, with the opposite point; register 5 is anything.
    # 5 = ZZ, 6 = H = x2 ZZ - X, 7 = R = y2 Z ZZ - Y,
    # Z = Z H, 5 = V = X HH, 6 = HHH, X = RR - HHH - 2 V, Y = R (V - X) - Y HHH.
    _SUBTRACT = _code.add(
        "555-1 a5a-1 544 695 662-1 745 7a7 773-1 ?6 "
        "446 566 665 525 277 226-1 225-2 552-1 775 336 373-1"
    )
    # By whether it is a subtraction.
    _ADD = _SUBTRACT + 2, _SUBTRACT
    _NEGATE = _code.add("555-1 353-1")
    _ACCUMULATE = _code.add("bb4")
    # 5 = 1/Z of this point, the product's rest, x = X/ZZ, y = Y/(Z ZZ).
    _NORMALISE = _code.add("5bc bb4 655 926 665 a36")
    # Where (X/ZZ, Y/(Z ZZ)) is called (X, Y): the point 9, 10 there, and 12 the Z here of a sum.
    _ELSEWHERE = _code.add("544 995 554 aa5")
    _BACK = _code.add("c4b")
    # A call of the first, repeated as often as is filled in; it leaves 9 and 10 alone.
    _REPEAT = _code.call(_DOUBLE, _NO_TABLE)
    # Room for some steps of a sum.
    _WALK = _code.room(24)
    _CODE = _code.octets
del kernels, _code

# An addition and a subtraction go on after the test.
_REST = _SUBTRACT + 9


# One for all: on a board's full heap there may be no place for another.
_registers = bytearray(32 * _REGISTERS)
_view = memoryview(_registers)


class Point:
    """A running sum of points in Jacobian coordinates; the point at infinity when made.

    All share the machine's registers, so making one, or `pack`, is the end of the one before.

    (X, Y, Z) stands for (X/Z^2, Y/Z^3), and Z = 0 for the point at infinity.
    """

    def __init__(self, tables=()) -> None:
        """Begin at infinity; the tables are what a walk takes points of."""
        self._tables = tables
        for i in range(len(tables)):
            point_to(_view[32 * _POINTERS + 8 * i :], tables[i])
        self._finite = False

    def double(self, times: int) -> None:
        """Double the sum several times, at most 255."""
        if self._finite and times:
            _CODE[4 * _REPEAT + 1] = times
            _run(_CODE, _registers, _REPEAT)

    def add(self, table: bytes, at: int, negative: int) -> None:
        """Add the table's point at an offset, or subtract it."""
        _view[32 * _X2 : 32 * _X2 + 64] = table[at : at + 64]
        if not self._finite:
            self._start(negative)
        elif _run(_CODE, _registers, _ADD[negative]):
            self._finish()

    def _finish(self):
        """End an addition that found that H may be zero."""
        if self._integer(6):
            _run(_CODE, _registers, _REST)
        elif self._integer(7):
            self._finite = False
        else:
            # The formula would divide by zero: twice the same point, negated already.
            self._start(0)
            _run(_CODE, _registers, _DOUBLE)

    def walk(self, at: int) -> None:
        """Take the steps that stand in the code from an instruction on."""
        while True:
            if self._finite:
                at = _run(_CODE, _registers, at)
                if not at:
                    return
                self._finish()
                continue
            table, _, program, call = _CODE[4 * at : 4 * at + 4]
            if call != 3:
                return
            if program != _DOUBLE:
                offset = (table & 31) << 6
                self.add(self._tables[table >> 5], offset, program == _ADD[1])
            at += 1

    def _start(self, negative: int) -> None:
        _view[32 * _X : 32 * _X + 64] = _view[32 * _X2 : 32 * _X2 + 64]
        _view[32 * _Z : 32 * _Z + 32] = _ONE
        if negative:
            _run(_CODE, _registers, _NEGATE)
        self._finite = True

    def _integer(self, register: int) -> int:
        return int.from_bytes(_view[32 * register : 32 * register + 32], "little") % P

    def jacobian(self) -> bytes:
        """Return the sum, which is not infinity, for `set` and `pack`."""
        return bytes(_view[32 * _X : 32 * _X + 96])

    def odd_multiples(self, count: int) -> list:
        """Return 3Q, 5Q ... as `jacobian` does; this is 2Q, and Q is what was added last.

        The addition is for an affine point, and 2Q = (X, Y, Z) is none. But (X, Y) is a point of
        the curve that takes each (x, y) to (x ZZ, y Z ZZ), and the formula is the same there.
        """
        _run(_CODE, _registers, _ELSEWHERE)
        twice = bytes(_view[32 * _X : 32 * _X + 64])
        _view[32 * _PRODUCT : 32 * _PRODUCT + 32] = _view[32 * _Z : 32 * _Z + 32]
        self._start(0)
        values = []
        for _ in range(count):
            self.add(twice, 0, 0)
            _run(_CODE, _registers, _BACK)
            values.append(
                bytes(_view[32 * _X : 32 * _X + 64]) + _view[32 * _PREFIX : 32 * _PREFIX + 32]
            )
        return values

    def set(self, value: bytes) -> None:
        """Become what `jacobian` returned."""
        _view[32 * _X : 32 * _X + 96] = value
        self._finite = True

    def integers(self) -> tuple:
        """Return X, Y and Z modulo the prime."""
        if not self._finite:
            return 1, 1, 0
        return self._integer(_X), self._integer(_Y), self._integer(_Z)


def combine(combs: list, k: int, table: bytes) -> Point:
    """Return the sum of scalars times points; the doublings are shared by all of them.

    Args:
        combs: pairs of a scalar, 0 < k < N, and its point's comb.
        k: one scalar more, 0 <= k < N, without a comb; then there is one comb at most.
        table: the `odd_multiples` of its point, if it is not 0.
    """
    tables = [comb for _, comb in combs]
    if k:
        tables.append(table)
    at = COMB_LANE * len(combs)
    lanes = memoryview(bytearray(at + WNAF_LANE if k else at))
    for i in range(len(combs)):
        comb_lane(combs[i][0], lanes[COMB_LANE * i :])
    if k:
        wnaf_lane(k, lanes[at:])
    total = Point(tables)
    state = bytearray((len(tables), _DOUBLE, _ADD[0], _ADD[1], 0, 0, 1, 1, len(combs)))
    while steps(_CODE, _WALK, lanes, state):
        total.walk(_WALK)
    total.walk(_WALK)
    total.double(state[5])
    return total


def odd_multiples(point: bytes) -> bytearray:
    """Return the table Q, 3Q, 5Q ... that a `wnaf_lane` indexes, for a table of Q alone."""
    # Room first: what comes after it is many small pieces.
    table = bytearray(64 << WIDTH - 2)
    total = Point()
    total.add(point, 0, 0)
    total.double(1)
    values = total.odd_multiples((1 << WIDTH - 2) - 1)
    table[:64] = point
    pack(values, table, 64)
    return table


def pack(values: list, table: bytearray, at: int) -> None:
    """Write finite points to a table from an offset on, with one inversion for all."""
    view = _view
    x, prefix, product = 32 * _X, 32 * _PREFIX, 32 * _PRODUCT
    view[product : product + 32] = _ONE
    products = bytearray(32 * len(values))
    for i in range(len(values)):
        products[32 * i : 32 * i + 32] = view[product : product + 32]
        view[x : x + 96] = values[i]
        _run(_CODE, _registers, _ACCUMULATE)
    whole = int.from_bytes(view[product : product + 32], "little") % P
    view[product : product + 32] = inverse(whole, P).to_bytes(32, "little")
    for i in range(len(values) - 1, -1, -1):
        view[x : x + 96] = values[i]
        view[prefix : prefix + 32] = products[32 * i : 32 * i + 32]
        _run(_CODE, _registers, _NORMALISE)
        table[at + 64 * i : at + 64 * i + 64] = view[32 * _X2 : 32 * _X2 + 64]
