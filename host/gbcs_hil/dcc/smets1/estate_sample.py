"""A synthetic SMETS1 estate: as many wrong devices as DCC counted, among as many right ones."""

import datetime
import hashlib
import random
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from types import MappingProxyType
from typing import Any

from sqlalchemy import Engine, insert, select
from sqlalchemy.orm import Session

from gbcs_hil.dcc.policy import Policy
from gbcs_hil.dcc.smets1.anchor_slots import keep_certificate
from gbcs_hil.dcc.smets1.cohorts import s1sp_of_cohort
from gbcs_hil.dcc.smets1.database import reported
from gbcs_hil.dcc.smets1.enrolment import Source
from gbcs_hil.dcc.smets1.tables import (
    EnrolmentCertificate,
    MarketParticipant,
    OperatorOfMeterPoint,
    Smets1Device,
    VirtualAnchorSlot,
)
from gbcs_hil.errors import BadInput
from gbcs_hil.gbcs.names import KeyUsage, RemotePartyRole
from gbcs_hil.smki.authority import Authority

MISMATCHED = MappingProxyType(
    {
        ("IOC", "esme"): 9_024,
        ("IOC", "gpf"): 18_905,
        ("MOC", "esme"): 125,
        ("MOC", "gpf"): 1_226,
    }
)
"""Devices whose slot is of a network operator that is not theirs (S107-27); FOC had no data."""

_OPERATORS = MappingProxyType({"esme": 14, "gpf": 8})
_SINCE = datetime.date(2019, 11, 1)
_ROLE = RemotePartyRole.NETWORK_OPERATOR
_DEVICES_AT_ONCE = 5_000


@dataclass(frozen=True)
class _Operator:
    """A network operator and the numbers of the certificates that it shared."""

    mpid: str
    certificates: dict[KeyUsage, int]


def make_estate(
    engine: Engine, seed: str = "estate", share: float = 1.0, policy: Policy | None = None
) -> int:
    """Fill an empty database with an estate, the same for the same seed.

    Args:
        engine: from `database.open_database`.
        seed: what certificates and the choice of operators are made of.
        policy: which S1SP has which cohort.
        share: how much of `MISMATCHED`, for a smaller estate; at least one device of each kind.

    Returns:
        The number of devices, half of them wrong.

    Raises:
        BadInput: the database holds devices already.
        Smets1DatabaseError: the database cannot be used.
    """
    made = 0
    s1sps = s1sp_of_cohort(policy or Policy())
    with reported(engine, "write"), Session(engine) as session:
        if session.scalars(select(Smets1Device.eui).limit(1)).first() is not None:
            url = engine.url.render_as_string()
            raise BadInput(f"the database {url} holds devices already; name another")
        operators = _operators(session, seed)
        chance = random.Random(seed)  # noqa: S311 - a choice of operators, no secret.
        devices = _devices(operators, chance, share)
        while some := list(islice(devices, _DEVICES_AT_ONCE)):
            _insert(session, some, s1sps)
            made += len(some)
        session.commit()
    return made


def _operators(session: Session, seed: str) -> dict[str, list[_Operator]]:
    """Make the network operators of each device type, and their certificates."""
    authority = Authority.create(seed=seed.encode())
    operators: dict[str, list[_Operator]] = {}
    for kind, (device_type, count) in enumerate(_OPERATORS.items()):
        operators[device_type] = []
        for number in range(count):
            mpid = f"{'EG'[kind]}{number:03d}"
            eui = b"\x02GBHIL" + bytes([0x40 + kind, number])
            name = f"{('Electricity', 'Gas')[kind]} Network {number:02d}"
            issued = authority.organisation(_ROLE, eui, name)
            numbers = {c.key_usage: keep_certificate(session, c.certificate) for c in issued}
            session.add(MarketParticipant(mpid=mpid, name=name, eui=eui))
            session.flush()
            session.add_all(
                EnrolmentCertificate(mpid=mpid, key_usage=usage, certificate=certificate)
                for usage, certificate in numbers.items()
            )
            operators[device_type].append(_Operator(mpid, numbers))
    session.flush()
    return operators


@dataclass(frozen=True)
class _Sample:
    """One device, the operator that it is registered to, and the one whose slots it has."""

    cohort: str
    device_type: str
    number: int
    registered: _Operator
    held: _Operator


def _devices(
    operators: dict[str, list[_Operator]], chance: random.Random, share: float
) -> Iterator[_Sample]:
    number = 0
    for (cohort, device_type), count in MISMATCHED.items():
        for wrong in range(2 * max(1, round(count * share))):
            right, other = chance.sample(operators[device_type], 2)
            yield _Sample(cohort, device_type, number, right, other if wrong % 2 else right)
            number += 1


def _insert(session: Session, samples: Sequence[_Sample], s1sps: Mapping[str, str]) -> None:
    devices: list[dict[str, Any]] = []
    slots: list[dict[str, Any]] = []
    registrations: list[dict[str, Any]] = []
    for sample in samples:
        # Neighbours in the list are far apart in the database, as devices are.
        eui = b"\x02H" + hashlib.sha256(sample.number.to_bytes(8, "big")).digest()[:6]
        # An MPAN has 13 digits, an MPRN 10.
        meter_point = f"{sample.number:0{13 if sample.device_type == 'esme' else 10}d}"
        devices.append(
            {
                "eui": eui,
                "s1sp": s1sps[sample.cohort],
                "cohort": sample.cohort,
                "device_type": sample.device_type,
                "meter_point": meter_point,
            }
        )
        registrations.append(
            {
                "meter_point": meter_point,
                "start": _SINCE,
                "end": None,
                "operator": sample.registered.mpid,
            }
        )
        slots += [
            {
                "device": eui,
                "role": _ROLE,
                "key_usage": usage,
                "cell_usage": 0,
                "certificate": certificate,
                "source": Source.MIGRATION_AUTHORISATION,
            }
            for usage, certificate in sample.held.certificates.items()
        ]
    # Not by the session, which would look at each of so many rows.
    connection = session.connection()
    connection.execute(insert(Smets1Device), devices)
    connection.execute(insert(OperatorOfMeterPoint), registrations)
    connection.execute(insert(VirtualAnchorSlot), slots)
