"""Measure the device's cryptography beside its peers and beside OpenSSL."""

import json
import os
import statistics
import subprocess
import time
from hashlib import sha256
from pathlib import Path
from typing import Any

import msgspec
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec

from gbcs_hil.bench import micropython
from gbcs_hil.benchmarks import handover, peers
from gbcs_hil.errors import ToolMissing
from gbcs_hil.scratch import scratch_folder

SCRIPT = Path(__file__).with_name("crypto_on_micropython.py")
"""What runs there, and on an emulated Pico."""

# Room for every candidate's garbage, so that what is compared is no collector.
_HEAP = "4m"
_SECONDS = 600
_HANDOVERS = 10

ANY_KEY = "verify, any key"
KEY_IN_A_CELL = "verify, key in a cell"
PEERS = ("embit", "starkbank-ecdsa", "ecdsa", "ecdsa, precomputed")
OPENSSL = "OpenSSL"


class CryptoTimes(msgspec.Struct, frozen=True):
    """What one run measured.

    Attributes:
        interpreter: MicroPython's release.
        kernel: what the firmware computed with.
        rounds: how often each candidate ran.
        microseconds: the median by candidate, the shortest first.
        whole: the median milliseconds of a whole command on an emulated board, link included.
        failed: why a peer did not run, by its name.
        ratios: how many times as long as ours a peer took, by operation of ours and peer.
    """

    interpreter: str
    kernel: str
    rounds: int
    microseconds: dict[str, float]
    whole: dict[str, float]
    failed: dict[str, str]
    ratios: dict[str, dict[str, float]]


def measure(rounds: int, *, with_peers: bool) -> CryptoTimes:
    """Run every candidate in turn, as many rounds as asked for, in one interpreter.

    Raises:
        ToolMissing: there is no MicroPython, or the peers cannot be installed.
    """
    interpreter = micropython.find()
    with scratch_folder() as folder:
        if with_peers:
            peers.install(folder)
        seen = _run(
            [*interpreter.command, "-X", f"heapsize={_HEAP}", str(SCRIPT), str(rounds)],
            str(folder / "adapted") if with_peers else "-",
        )
    medians = {each: statistics.median(times) for each, times in seen["times"].items()}
    medians[OPENSSL] = _openssl(rounds)
    ratios = {
        ours: {
            peer: round(medians[peer] / medians[ours], 2)
            for peer in (*PEERS, OPENSSL)
            if peer in medians
        }
        for ours in (ANY_KEY, KEY_IN_A_CELL)
    }
    return CryptoTimes(
        interpreter=".".join(map(str, interpreter.version)),
        kernel=seen["kernel"],
        rounds=rounds,
        microseconds=dict(sorted(medians.items(), key=lambda each: each[1])),
        whole=handover.measure("unix:", min(rounds, _HANDOVERS)).milliseconds,
        failed=seen["failed"],
        ratios=ratios,
    )


def _run(command: list[str], adapted: str) -> Any:
    path = {"MICROPYPATH": f".frozen:{micropython.firmware_path()}"}
    try:
        done = subprocess.run(
            [*command, adapted],
            capture_output=True,
            text=True,
            timeout=_SECONDS,
            env={**os.environ, **path},
        )
    except subprocess.TimeoutExpired:
        raise ToolMissing(f"the benchmark did not end in {_SECONDS} s; ask for fewer") from None
    if done.returncode:
        last = (done.stderr.strip().splitlines() or ["no reason given"])[-1]
        raise ToolMissing(f"the benchmark failed under MicroPython: {last}")
    return json.loads(done.stdout)


def _openssl(rounds: int) -> float:
    """Return the median microseconds of a verification by OpenSSL."""
    key = ec.derive_private_key(int.from_bytes(sha256(b"key").digest(), "big"), ec.SECP256R1())
    algorithm = ec.ECDSA(hashes.SHA256())
    signature = key.sign(b"message", algorithm)
    public = key.public_key()
    times = []
    for _ in range(max(rounds, 100)):
        start = time.perf_counter()
        public.verify(signature, b"message", algorithm)
        times.append(1e6 * (time.perf_counter() - start))
    return round(statistics.median(times), 1)
