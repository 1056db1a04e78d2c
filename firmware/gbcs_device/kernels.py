"""Choose the kernels of the field machine and of GHASH: needed once, when the device starts.

What a kernel computes is compared with big integers on the very board before it is used, for a
compiler's mistake shows nowhere else.
"""

import sys

from gbcs_device.curve import GENERATOR, N, P

_SCALARS = (1, 2, N - 1, 2**255 + 2**100 - 1)


class Programs:
    """Programs one after the other.

    Attributes:
        octets: of all of them.
    """

    def __init__(self) -> None:
        self.octets = bytearray()

    def add(self, text: str) -> int:
        """Add the program of a text, and return its first instruction's number.

        Registers' numbers are hexadecimal, a digit each: "dab" is a multiplication, "dab+k" and
        "dab-k" add k times b to a, "?a" stops if a may be zero.
        """
        first = len(self.octets) >> 2
        for word in text.split():
            if word[0] == "?":
                self.octets.extend(bytes((0, int(word[1], 16), 0, 2)))
            else:
                self.octets.extend(bytes([int(digit, 16) for digit in word[:3]]))
                self.octets.append(128 + int(word[3:]) if word[3:] else 0)
        self.octets.extend(b"\x00\x00\x00\x01")
        return first

    def call(self, called: int, point: int, times: int = 1) -> int:
        """Add a program that calls another with a point of a table; return its number."""
        self.octets.extend(bytes((point, times, called, 3, 0, 0, 0, 1)))
        return (len(self.octets) >> 2) - 2

    def room(self, count: int) -> int:
        """Leave room for a program of so many instructions; return its first one's number."""
        self.octets.extend(bytes(4 * count))
        return (len(self.octets) >> 2) - count


def program(text: str) -> bytes:
    """Return one program."""
    programs = Programs()
    programs.add(text)
    return bytes(programs.octets)


def choose(point_to) -> tuple:
    """Return name and `run` of the first kernel that this port has and that is right.

    Raises:
        ImportError: there is none.
    """
    if sys.platform == "rp2":
        names = ("kernel_thumb", "kernel_viper")
    elif sys.maxsize >> 32:
        names = ("kernel_wide", "kernel_viper")
    else:
        names = ("kernel_viper",)
    for name in names:
        try:
            run = getattr(__import__("gbcs_device." + name), name).run
        except (ImportError, SyntaxError, AttributeError, ValueError):
            # Another interpreter, one that cannot compile machine code, or another's code.
            continue
        if is_right(run, point_to):
            return name, run
    raise ImportError("no kernel")


def is_right(run, point_to) -> bool:
    """Compare a kernel with big integers where carries and borrows are longest."""
    product, square = program("423"), program("422")
    added, lowered, taken = program("423+1"), program("423-8"), program("423-1")
    registers = bytearray(32 * 15)
    numbers = [0, P - 1, P, 2**256 - 1, 2**255 - 2**97, GENERATOR[0]]
    # For products of halves, some of whose carries no other number shows.
    numbers += [2**224, 2**255 + 2**128 - 1]
    for a in numbers:
        registers[64:96] = a.to_bytes(32, "little")
        if not _computes(run, square, registers, a * a):
            return False
        for b in numbers:
            registers[96:128] = b.to_bytes(32, "little")
            for code, expected in (
                (product, a * b),
                (added, a + b),
                (lowered, a - 8 * b),
                (taken, a - b),
            ):
                if not _computes(run, code, registers, expected):
                    return False
    return _calls(run, point_to, registers)


def _computes(run, code: bytes, registers: bytearray, expected: int) -> bool:
    """Tell whether a program of one instruction ends, with the right residue in register 4."""
    if run(code, registers, 0):
        return False
    return (int.from_bytes(registers[128:160], "little") - expected) % P == 0


def _calls(run, point_to, registers) -> bool:
    """See that a kernel finds zero, written in both ways, and calls and repeats programs."""
    programs = Programs()
    square = programs.add("299")
    double = programs.add("?9 999+1")
    registers[96:160] = bytes(32) + P.to_bytes(32, "little")
    for text, expected in (("?3", 1), ("?4", 1), ("222 ?4 222", 2), ("222", 0)):
        if run(program(text), registers, 0) != expected:
            return False
    # x of point 0 of one table is zero, that of point 31 of another one is 3.
    tables = bytes(64), bytes(31 * 64) + b"\x03" + bytes(63)
    for i in range(2):
        point_to(memoryview(registers)[416 + 8 * i :], tables[i])
    stopped = programs.call(double, 0)
    repeated = programs.call(double, 63, 2)
    squared = programs.call(square, 255, 5)
    if run(programs.octets, registers, stopped) != stopped + 1:
        return False
    if run(programs.octets, registers, repeated) or registers[288] != 12:
        return False
    return run(programs.octets, registers, squared) == 0 and registers[64] == 144


def quicken(scalars) -> None:
    """Have inverses made in assembler where this port has it and it is right."""
    if sys.platform != "rp2":
        return
    usual = scalars.divide
    try:
        from gbcs_device.inverse_thumb import divide
    except (ImportError, SyntaxError, ValueError):
        return
    scalars.divide = divide
    if not _inverses_are_right(scalars.inverse):
        scalars.divide = usual


def _inverses_are_right(inverse) -> bool:
    for k in _SCALARS:
        for modulus in (N, P):
            if inverse(k, modulus) * k % modulus != 1:
                return False
    return True


def scalars_are_right(scalars) -> bool:
    """Compare what is done with scalars with big integers."""
    from gbcs_device import big_numbers

    if not _inverses_are_right(scalars.inverse):
        return False
    for k in _SCALARS:
        lane = bytearray(260)
        scalars.comb_lane(k, lane)
        for column, octet in enumerate(big_numbers.comb_columns(k)):
            if lane[column] != 128 | octet:
                return False
        lane = bytearray(260)
        scalars.wnaf_lane(k, lane)
        for digit in big_numbers.wnaf(k):
            value = (digit & 0xFF) - 128
            if lane[digit >> 8] != 128 | abs(value) >> 1 << 1 | (value < 0):
                return False
            lane[digit >> 8] = 0
        if any(lane):
            return False
    return True


def choose_ghash() -> tuple:
    """Return `table` and `absorb` of the first GHASH that this port has and that is right."""
    from gbcs_device import ghash

    big = ghash.table, ghash.absorb
    try:
        from gbcs_device.ghash_viper import absorb, table
    except (ImportError, SyntaxError, ValueError):
        return big
    viper = table, absorb
    return viper if _hashes(*viper) == _hashes(*big) else big


def _hashes(table, absorb) -> list:
    """Hash with every entry of the tables, and octets that end within a block."""
    hashes = []
    for h in (bytes(range(0, 256, 16)), b"\xff" * 16):
        state = bytearray(range(16))
        at = absorb(table(h), state, 0, bytes(range(0, 256, 3)))
        hashes.append((absorb(table(h), state, at, bytes(20)), state))
    return hashes
