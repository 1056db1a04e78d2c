"""What a device starts with, from what the bench asks for; refused where it does not fit.

The device makes its own key pairs unless the bench brings test keys. Test vectors whose
device key nobody has bring what comes of it instead: shared secrets, the public key of a
certification request, certificates of the device.
"""

from gbcs_device import cells, p256, profile
from gbcs_device.certificate import DIGITAL_SIGNATURE, KEY_AGREEMENT, Certificate
from gbcs_device.device_types import (
    CELLS,
    ROLE_NAMES,
    cell_name,
    cells_of,
    counter_roles,
    key_usage_name,
)
from gbcs_device.own_credentials import USAGES, OwnCredentials
from gbcs_device.payment_mode import CREDIT, PREPAYMENT, PaymentMode
from gbcs_device.rejection import Rejected
from gbcs_device.state import MAX_COUNTER, Identity, State

# What the reference vectors answer a change of a GSME's payment mode with: friendly credit,
# friendly credit calendar, emergency credit limit and threshold.
_CREDIT_TERMS = [1, 2, 1_000_000, 200_000]
_USAGES = {key_usage_name(usage): usage for usage in USAGES}
_PAYMENT_MODES = {"credit": CREDIT, "prepayment": PREPAYMENT}


class Refused(Exception):
    """The bench asked for something that this device cannot do; args are code and message."""


def _bad(message: str) -> Refused:
    return Refused("bad-provisioning", message)


def start_of(request: dict, random) -> tuple:
    """Return the identity and the start state that a request describes.

    Raises:
        Refused: something is missing, malformed or not this device type's.
    """
    device_type = request.get("type")
    if device_type not in CELLS:
        raise _bad("no device type %s" % device_type)
    eui = _octets(request, "eui", 8)
    name, settings = _profile(request)
    terms = request.get("credit_terms", _CREDIT_TERMS)
    if not isinstance(terms, list) or len(terms) != 4:
        raise _bad("credit_terms are four numbers")
    secrets = dict(request.get("shared_secrets", []))
    identity = Identity(device_type, eui, name, settings, secrets, terms)
    state = State(
        _own_credentials(request, random),
        _cells(identity, request.get("cells", {})),
        _counters(device_type, request.get("counters", {})),
        0,
        _counter("originator_counter", request.get("originator_counter", 0)),
        PaymentMode(_PAYMENT_MODES.get(request.get("payment_mode"), CREDIT)),
        {},
    )
    return identity, state


def with_profile(identity: Identity, request: dict) -> Identity:
    """Return an identity with the profile that a request names.

    Raises:
        Refused: there is no such profile, setting or value.
    """
    name, settings = _profile(request)
    if settings["gpf-prepayment-cell"] != identity.settings["gpf-prepayment-cell"]:
        raise _bad("which cells a device has is settled when it is provisioned")
    return Identity(
        identity.device_type,
        identity.eui,
        name,
        settings,
        identity.shared_secrets,
        identity.credit_terms,
    )


def certified(own: OwnCredentials, given: dict) -> OwnCredentials:
    """Return a device's credentials with certificates of the keys in use.

    Raises:
        Refused: a certificate is malformed or of another key.
    """
    certificates = dict(own.certificates)
    for name in given:
        usage = _usage(name)
        try:
            certificate = Certificate(given[name])
        except Rejected as rejected:
            raise _bad("the device's %s certificate: %s" % (name, rejected.detail))
        if certificate.public_key != p256.public_key(own.keys[usage]):
            raise _bad("the device's %s certificate is of another key" % name)
        certificates[usage] = given[name]
    return OwnCredentials(own.keys, certificates, own.requested)


def _profile(request: dict) -> tuple:
    name = request.get("profile", profile.DEFAULT)
    try:
        return name, profile.settings(name, request.get("settings", {}))
    except ValueError as error:
        raise _bad(error.args[0])


def _usage(name: str) -> int:
    if name not in _USAGES:
        raise _bad("no key usage %s of a device's" % name)
    return _USAGES[name]


def _own_credentials(request: dict, random) -> OwnCredentials:
    keys = {}
    for usage, name in ((DIGITAL_SIGNATURE, "signing_key"), (KEY_AGREEMENT, "agreement_key")):
        keys[usage] = request.get(name) or p256.generate(random)
        try:
            p256.public_key(keys[usage])
        except p256.CurveError as error:
            raise _bad("%s: %s" % (name, error.args[0]))
    certificates = {}
    given = request.get("certificates", {})
    for name in given:
        certificates[_usage(name)] = given[name]
    requested = {}
    given = request.get("requested_keys", {})
    for name in given:
        requested[_usage(name)] = (b"", given[name])
    return OwnCredentials(keys, certificates, requested)


def _octets(request: dict, key: str, length: int) -> bytes:
    value = request.get(key)
    if not isinstance(value, bytes) or len(value) != length:
        raise _bad("%s is not %d octets" % (key, length))
    return value


def _cells(identity: Identity, given: dict) -> dict:
    """Return the content of every cell: a certificate, or a bare key with its identifiers."""
    held = {}
    names = {}
    for cell in cells_of(identity):
        names[cell_name(cell)] = cell
    for name in given:
        if name not in names:
            raise _bad("no cell %s on this %s" % (name, identity.device_type))
        held[names[name]] = _cell(name, given[name])
    missing = [name for name in names if names[name] not in held]
    if missing:
        raise _bad("nothing for cell %s" % ", ".join(sorted(missing)))
    return held


def _cell(name: str, content):
    try:
        if isinstance(content, bytes):
            cell = cells.from_certificate(Certificate(content))
        else:
            cell = cells.Cell(
                _octets(content, "public_key", 65),
                _octets(content, "unique_id", 8),
                _octets(content, "ski", 8),
            )
        p256.check_public_key(cell.public_key)
    except Rejected as rejected:
        raise _bad("cell %s: %s" % (name, rejected.detail))
    except p256.CurveError as error:
        raise _bad("cell %s: %s" % (name, error.args[0]))
    return cell


def _counters(device_type: str, given: dict) -> dict:
    counters = dict.fromkeys(counter_roles(device_type), 0)
    names = {ROLE_NAMES[role]: role for role in counters}
    for name in given:
        if name not in names:
            raise _bad("no counter %s on an %s" % (name, device_type))
        counters[names[name]] = _counter(name, given[name])
    return counters


def _counter(name: str, value) -> int:
    if not isinstance(value, int) or not 0 <= value <= MAX_COUNTER:
        raise _bad("counter %s: %s" % (name, value))
    return value
