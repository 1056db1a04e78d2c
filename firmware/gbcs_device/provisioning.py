"""What a device starts with, from what the bench asks for; refused where it does not fit.

The device makes its own key pairs unless the bench brings test keys. Test vectors whose
device key nobody has bring what comes of it instead: shared secrets, the public key of a
certification request, certificates of the device.
"""

from gbcs_device import cells, key_generation, p256
from gbcs_device.bench_refusal import bad
from gbcs_device.bench_request import (
    counter_of,
    defects_of,
    map_of,
    octets_of,
    profile_of,
    usage_of,
)
from gbcs_device.certificate import Certificate
from gbcs_device.device_types import (
    CELLS,
    DIGITAL_SIGNATURE,
    KEY_AGREEMENT,
    ROLE_NAMES,
    cell_name,
    cells_of,
    counter_roles,
)
from gbcs_device.own_credentials import OwnCredentials
from gbcs_device.payment_mode import CREDIT, PREPAYMENT, PaymentMode
from gbcs_device.rejection import Rejected
from gbcs_device.state import Identity, State

# What the reference vectors answer a change of a GSME's payment mode with: friendly credit,
# friendly credit calendar, emergency credit limit and threshold.
_CREDIT_TERMS = [1, 2, 1_000_000, 200_000]
# A device must always have a counter left for its next message.
_LAST_OWN_COUNTER = 0x7FFFFFFFFFFFFFFF
_PAYMENT_MODES = {"credit": CREDIT, "prepayment": PREPAYMENT}


def start_of(request: dict, random) -> tuple:
    """Return the identity and the start state that a request describes.

    Raises:
        Refused: something is missing, malformed or not this device type's.
    """
    device_type = request.get("type")
    if not isinstance(device_type, str) or device_type not in CELLS:
        raise bad("no device type %s" % device_type)
    eui = octets_of(request, "eui", 8)
    name, settings = profile_of(request)
    terms = _credit_terms(request.get("credit_terms", _CREDIT_TERMS))
    secrets = _shared_secrets(request.get("shared_secrets", []))
    identity = Identity(device_type, eui, name, settings, secrets, terms, defects_of(request))
    state = State(
        _own_credentials(request, random),
        _cells(identity, map_of(request, "cells")),
        _counters(device_type, map_of(request, "counters")),
        0,
        counter_of("originator_counter", request.get("originator_counter", 0), _LAST_OWN_COUNTER),
        PaymentMode(_payment_mode(request.get("payment_mode", "credit"))),
        {},
    )
    return identity, state


def _credit_terms(given) -> list:
    """Return four numbers, of one octet and three times four, as the response holds them."""
    if not isinstance(given, list) or len(given) != 4:
        raise bad("credit_terms are four numbers")
    for value in given:
        if not isinstance(value, int) or not 0 <= value <= 0xFFFFFFFF:
            raise bad("credit_terms are four numbers of at most 32 bits")
    if given[0] > 0xFF:
        raise bad("friendly credit is a number of one octet")
    return given


def _payment_mode(name) -> int:
    if not isinstance(name, str) or name not in _PAYMENT_MODES:
        raise bad("no payment mode %s" % name)
    return _PAYMENT_MODES[name]


def _shared_secrets(given) -> dict:
    secrets = {}
    for pair in given if isinstance(given, list) else [None]:
        if not isinstance(pair, list) or len(pair) != 2:
            raise bad("shared_secrets are pairs of a public key and Z")
        key, secret = pair
        if not isinstance(key, bytes) or not isinstance(secret, bytes):
            raise bad("shared_secrets are pairs of octets")
        if len(key) != 65 or len(secret) != 32:
            raise bad("shared_secrets are pairs of 65 and 32 octets")
        secrets[key] = secret
    return secrets


def _octets(name: str, value) -> bytes:
    if not isinstance(value, bytes):
        raise bad("%s is not octets" % name)
    return value


def _own_credentials(request: dict, random) -> OwnCredentials:
    keys = {}
    for usage, name in ((DIGITAL_SIGNATURE, "signing_key"), (KEY_AGREEMENT, "agreement_key")):
        given = name in request
        keys[usage] = octets_of(request, name, 32) if given else key_generation.generate(random)
        try:
            p256.public_key(keys[usage])
        except p256.CurveError as error:
            raise bad("%s: %s" % (name, error.args[0]))
    certificates = {}
    given = map_of(request, "certificates")
    for name in given:
        certificates[usage_of(name)] = _octets(name, given[name])
    requested = {}
    given = map_of(request, "requested_keys")
    for name in given:
        requested[usage_of(name)] = (b"", octets_of(given, name, 65))
    return OwnCredentials(keys, certificates, requested)


def _cells(identity: Identity, given: dict) -> dict:
    """Return the content of every cell: a certificate, or a bare key with its identifiers."""
    held = {}
    names = {}
    for cell in cells_of(identity):
        names[cell_name(cell)] = cell
    for name in given:
        if name not in names:
            raise bad("no cell %s on this %s" % (name, identity.device_type))
        held[names[name]] = _cell(name, given[name])
    missing = [name for name in names if names[name] not in held]
    if missing:
        raise bad("nothing for cell %s" % ", ".join(sorted(missing)))
    return held


def _cell(name: str, content):
    try:
        if isinstance(content, bytes):
            cell = cells.from_certificate(Certificate(content))
        elif not isinstance(content, dict):
            raise bad("cell %s: neither a certificate nor a map" % name)
        else:
            cell = cells.Cell(
                octets_of(content, "public_key", 65),
                octets_of(content, "unique_id", 8),
                octets_of(content, "ski", 8),
            )
        p256.check_public_key(cell.public_key)
    except Rejected as rejected:
        raise bad("cell %s: %s" % (name, rejected.detail))
    except p256.CurveError as error:
        raise bad("cell %s: %s" % (name, error.args[0]))
    return cell


def _counters(device_type: str, given: dict) -> dict:
    counters = dict.fromkeys(counter_roles(device_type), 0)
    names = {ROLE_NAMES[role]: role for role in counters}
    for name in given:
        if name not in names:
            raise bad("no counter %s on an %s" % (name, device_type))
        counters[names[name]] = counter_of(name, given[name])
    return counters
