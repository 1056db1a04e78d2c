"""Reference data made for a test: its own parties, devices and file names.

Everything comes from the host's codec and PKI. Like the real reference data it holds no
device's private key, only the secrets that its devices share with the parties.
"""

import json
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

from click.testing import CliRunner, Result
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from cryptography.x509 import load_der_x509_certificate

from gbcs_hil.cli import main
from gbcs_hil.gbcs.credential_responses import (
    CellContent,
    ReadResponse,
    RoleCredentials,
    UpdateAlert,
    UpdateResponse,
)
from gbcs_hil.gbcs.cursor import encode_length
from gbcs_hil.gbcs.der import children, read_only, read_tlv
from gbcs_hil.gbcs.dlms_time import encode_time
from gbcs_hil.gbcs.execution_outcomes import ExecutionOutcome, ReplacementOutcome
from gbcs_hil.gbcs.message import Message, pre_command
from gbcs_hil.gbcs.message_codes import MessageCode
from gbcs_hil.gbcs.names import (
    AlertCode,
    CellUsage,
    Cra,
    CredentialsReplacementMode,
    KeyUsage,
    StatusCode,
)
from gbcs_hil.gbcs.names import RemotePartyRole as Role
from gbcs_hil.gbcs.security import authenticate, shared_secret, sign
from gbcs_hil.gbcs.security_credentials import read_credentials, update_credentials
from gbcs_hil.gbcs.sequence_numbers import SequenceNumberChange
from gbcs_hil.gbcs.trust_anchors import (
    ACB_KEY_AGREEMENT,
    CELLS_OF_ROLE,
    TrustAnchorCell,
    digital_signing,
)
from gbcs_hil.smki.authority import Authority
from gbcs_hil.smki.credential import Credential
from gbcs_hil.smki.parties import (
    ACB,
    GAS_NETWORK_A,
    GAS_NETWORK_B,
    SUPPLIER_A,
    SUPPLIER_B,
    Party,
    Pki,
)

CLOCK = datetime(2025, 6, 1, tzinfo=UTC)
DUE = datetime(2026, 6, 1, tzinfo=UTC)
ESME = bytes.fromhex("0247424445560001")
GPF = bytes.fromhex("0247424445560002")
GSME = bytes.fromhex("0247424445560003")

AUTHORITY = Authority.create(b"made vectors")
PKI = Pki.issue(AUTHORITY)
DEVICES = {eui: AUTHORITY.device(eui) for eui in (ESME, GPF, GSME)}
_LABELS = {
    (KeyUsage.DIGITAL_SIGNATURE, CellUsage.MANAGEMENT): "sign",
    (KeyUsage.KEY_AGREEMENT, CellUsage.MANAGEMENT): "agree",
    (KeyUsage.KEY_AGREEMENT, CellUsage.PREPAYMENT_TOP_UP): "pp-agree",
}
_MODES = {
    Role.SUPPLIER: CredentialsReplacementMode.SUPPLIER_BY_SUPPLIER,
    Role.NETWORK_OPERATOR: CredentialsReplacementMode.NETWORK_OPERATOR_BY_NETWORK_OPERATOR,
}

PROVISIONING = f"""
schema = 1
root = "anchor.pub"
[start]
clock = {CLOCK:%Y-%m-%dT%H:%M:%SZ}
credit-terms = [1, 2, 1000000, 200000]
[devices.{ESME.hex()}]
type = "esme"
[devices.{ESME.hex()}.counters]
supplier = 7
[devices.{GPF.hex("-")}]
type = "gpf"
[devices.{GSME.hex()}]
type = "gsme"
"""


def gbcs_hil(*arguments: object) -> Result:
    """Run the command line."""
    return CliRunner().invoke(main, [str(argument) for argument in arguments])


def play(folder: Path, *arguments: object) -> Result:
    """Play a made folder with the provisioning file that belongs to it."""
    return gbcs_hil("rtds", folder, "--provisioning", folder / "start.toml", *arguments)


def line_of(result: Result, name: str) -> str:
    """Return the only line about a file, without the file's name."""
    lines = [line.partition("  ") for line in result.stdout.splitlines()]
    said = [text.strip() for file, _, text in lines if f"/{file}".endswith(f"/{name}")]
    assert len(said) == 1, result.output
    return said[0]


def write_world(folder: Path) -> None:
    """Write keystore, shared secrets and provisioning file."""
    keystore = folder / "keystore"
    keystore.mkdir(parents=True)
    for number, held in enumerate(PKI.credentials, 1):
        label = _LABELS[held.key_usage, held.cell_usage]
        _write_certificate(keystore / f"party{number:02}-{label}.pem", held)
    secrets = {}
    for eui, (signing, agreement) in DEVICES.items():
        _write_certificate(keystore / f"meter-{eui.hex()}-sign.pem", signing)
        _write_certificate(keystore / f"meter-{eui.hex()}.pem", agreement)
        broker = next(path for path in sorted(keystore.glob("party*-agree.pem")) if _is_acb(path))
        z = shared_secret(agreement.private_key, _agreement(ACB).public_key)
        secrets[f"{broker.stem} x meter-{eui.hex()}"] = z.hex()
    (folder / "shared-secrets.json").write_text(json.dumps(secrets))
    key = AUTHORITY.root.private_key.public_key()
    pem = key.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    (keystore / "anchor.pub").write_bytes(pem)
    (folder / "start.toml").write_text(PROVISIONING)


def write(path: Path, message: Message) -> None:
    """Write a message as a vector."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(message.encode().hex() + "\n")


def read_command(counter: int = 5, roles: Sequence[Role] = (Role.NETWORK_OPERATOR,)) -> Message:
    """Return CS02a by the ACB to the ESME."""
    plain = read_credentials(ACB.eui, ESME, counter, roles)
    return authenticate(plain, secret_of(ESME))


def read_response(command: Message, counter: int = 0) -> Message:
    """Return what the ESME answers to a CS02a about the network operator."""
    cells = tuple(
        CellContent(cell, GAS_NETWORK_A.eui, credential(GAS_NETWORK_A, cell).ski)
        for cell in CELLS_OF_ROLE[Role.NETWORK_OPERATOR]
    )
    told = RoleCredentials(Role.NETWORK_OPERATOR, StatusCode.SUCCESS, counter, cells)
    return authenticate(answer(command, ReadResponse((told,)).encode()), secret_of(ESME))


def update(
    role: Role,
    by: Party,
    to: Party,
    device: bytes = ESME,
    counter: int = 1000,
    execution: datetime | None = None,
) -> Message:
    """Return CS02b that hands a role's cells from one party to another."""
    plain = update_credentials(
        _MODES[role],
        by.eui,
        device,
        counter,
        [(credential(to, cell).certificate, cell) for cell in CELLS_OF_ROLE[role]],
        AUTHORITY.path,
        floor=0,
        authorising_cell=digital_signing(role),
        execution=execution,
    )
    signer = PKI.credential(by.eui, KeyUsage.DIGITAL_SIGNATURE).private_key
    return authenticate(sign(plain, signer), secret_of(device))


def renewal_of_acb(counter: int = 1400) -> tuple[Message, ExecutionOutcome]:
    """Return CS02b by which the ACB renews its own key agreement credential, and its outcome."""
    mode = CredentialsReplacementMode.ACB_BY_ACB
    role, cell = Role.ACCESS_CONTROL_BROKER, ACB_KEY_AGREEMENT
    (new,) = AUTHORITY.organisation(role, ACB.eui, cells=[cell], generation=2)
    replacements = [(new.certificate, cell)]
    plain = update_credentials(mode, ACB.eui, ESME, counter, replacements, AUTHORITY.path, floor=0)
    result = ExecutionOutcome(
        counter,
        mode,
        (SequenceNumberChange(role, 0),),
        (
            ReplacementOutcome(
                cell,
                StatusCode.SUCCESS,
                ACB.eui,
                credential(ACB, cell).ski,
                ACB.eui,
                new.ski,
            ),
        ),
    )
    return authenticate(plain, secret_of(ESME)), result


def outcome(role: Role, by: Party, to: Party, counter: int = 1000) -> ExecutionOutcome:
    """Return what `update` does."""
    return ExecutionOutcome(
        counter,
        _MODES[role],
        (SequenceNumberChange(role, 0),),
        tuple(
            ReplacementOutcome(
                cell,
                StatusCode.SUCCESS,
                by.eui,
                credential(by, cell).ski,
                to.eui,
                credential(to, cell).ski,
            )
            for cell in CELLS_OF_ROLE[role]
        ),
    )


def update_response(command: Message, result: ExecutionOutcome | None) -> Message:
    """Return the signed response to a CS02b."""
    return signed(answer(command, UpdateResponse(result).encode(), encode_time(CLOCK)))


def update_alert(command: Message, result: ExecutionOutcome, counter: int = 2000) -> Message:
    """Return the signed alert of a future-dated CS02b."""
    payload = UpdateAlert(AlertCode.FUTURE_DATED_SUCCESS, DUE, result).encode()
    header = replace(
        command.header,
        cra=Cra.ALERT,
        counter=counter,
        originator=command.header.recipient,
        recipient=command.header.originator,
        message_code=MessageCode.CS02B_ALERT,
    )
    return signed(Message(header, payload))


def unknown_command(device: bytes = ESME, payload: bytes = b"\x30\x00") -> Message:
    """Return a command whose message code no device knows."""
    plain = pre_command(0x0FFF, SUPPLIER_A.eui, device, 3, payload)
    signer = PKI.credential(SUPPLIER_A.eui, KeyUsage.DIGITAL_SIGNATURE).private_key
    return authenticate(sign(plain, signer), secret_of(ESME))


def answer(command: Message, payload: bytes, date_time: bytes | None = None) -> Message:
    """Return a response without protection."""
    header = replace(
        command.header,
        cra=Cra.RESPONSE,
        originator=command.header.recipient,
        recipient=command.header.originator,
        date_time=date_time,
    )
    return Message(header, payload)


def signed(message: Message) -> Message:
    """Return a message with the signature of the device that sends it."""
    return sign(message, DEVICES[message.header.originator][0].private_key)


def long_lengths(octets: bytes) -> bytes:
    """Code each DER length of 0x80 to 0xFF as 82 00 xx, as some reference responses do."""
    tlv = read_only(octets, 0, len(octets))
    content = octets[tlv.content :]
    if tlv.constructed:
        parts = (octets[child.start : child.end] for child in children(octets, tlv))
        content = b"".join(map(long_lengths, parts))
    length = encode_length(len(content))
    if length[0] == 0x81:
        length = b"\x82\x00" + length[1:]
    assert read_tlv(octets, 0, len(octets)).tag == octets[0]
    return octets[:1] + length + content


def credential(party: Party, cell: TrustAnchorCell) -> Credential:
    """Return a party's credential for a cell, its other key agreement one for want of better."""
    prepayment = cell.cell_usage if party.role is Role.SUPPLIER else CellUsage.MANAGEMENT
    return PKI.credential(party.eui, cell.key_usage, prepayment)


def standard(folder: Path) -> None:
    """Write a world and four exchanges under it: a read, two updates and a handover."""
    write_world(folder)
    read = read_command()
    write(folder / "reads" / "A_COMMAND.hex", read)
    write(folder / "reads" / "A_RESPONSE.hex", read_response(read, 0))
    now = (Role.NETWORK_OPERATOR, GAS_NETWORK_A, GAS_NETWORK_B)
    command = update(*now)
    write(folder / "deep" / "er" / "in.HEX", command)
    write(folder / "deep" / "er" / "pre.HEX", command.pre_command)
    write(folder / "deep" / "er" / "out.HEX", update_response(command, outcome(*now)))
    later = (Role.SUPPLIER, SUPPLIER_A, SUPPLIER_B)
    command = update(*later, counter=1001, execution=DUE)
    write(folder / "later" / "command.hex", command)
    write(folder / "later" / "response.hex", update_response(command, None))
    write(folder / "later" / "alert.hex", update_alert(command, outcome(*later, counter=1001)))
    handover = (Role.SUPPLIER, ACB, SUPPLIER_A, GPF)
    command = update(*handover, counter=1300)
    write(folder / "gpf" / "command of handover.hex", command)
    result = outcome(*handover[:3], counter=1300)
    write(folder / "gpf" / "response of handover.hex", update_response(command, result))


def _write_certificate(path: Path, held: Credential) -> None:
    path.write_bytes(load_der_x509_certificate(held.certificate).public_bytes(Encoding.PEM))


def _is_acb(path: Path) -> bool:
    number = int(path.name.removeprefix("party")[:2])
    return PKI.credentials[number - 1].eui == ACB.eui


def _agreement(party: Party) -> Credential:
    return PKI.credential(party.eui, KeyUsage.KEY_AGREEMENT)


def secret_of(device: bytes) -> bytes:
    """Return Z of the ACB and a device."""
    return shared_secret(_agreement(ACB).private_key, DEVICES[device][1].public_key)
