"""What a device starts with, from what the bench asks for; refused where it does not fit.

The device makes its own key pairs unless the bench brings test keys. Test vectors whose
device key nobody has bring what comes of it instead: shared secrets, the public key of a
certification request, certificates of the device.
"""

from gbcs_device import cells, p256
from gbcs_device.bench_request import bad, counter_of, octets_of, profile_of, usage_of
from gbcs_device.certificate import DIGITAL_SIGNATURE, KEY_AGREEMENT, Certificate
from gbcs_device.device_types import CELLS, ROLE_NAMES, cell_name, cells_of, counter_roles
from gbcs_device.own_credentials import OwnCredentials
from gbcs_device.payment_mode import CREDIT, PREPAYMENT, PaymentMode
from gbcs_device.rejection import Rejected
from gbcs_device.state import Identity, State

# What the reference vectors answer a change of a GSME's payment mode with: friendly credit,
# friendly credit calendar, emergency credit limit and threshold.
_CREDIT_TERMS = [1, 2, 1_000_000, 200_000]
_PAYMENT_MODES = {"credit": CREDIT, "prepayment": PREPAYMENT}


def start_of(request: dict, random) -> tuple:
    """Return the identity and the start state that a request describes.

    Raises:
        Refused: something is missing, malformed or not this device type's.
    """
    device_type = request.get("type")
    if device_type not in CELLS:
        raise bad("no device type %s" % device_type)
    eui = octets_of(request, "eui", 8)
    name, settings = profile_of(request)
    terms = request.get("credit_terms", _CREDIT_TERMS)
    if not isinstance(terms, list) or len(terms) != 4:
        raise bad("credit_terms are four numbers")
    secrets = dict(request.get("shared_secrets", []))
    identity = Identity(device_type, eui, name, settings, secrets, terms)
    state = State(
        _own_credentials(request, random),
        _cells(identity, request.get("cells", {})),
        _counters(device_type, request.get("counters", {})),
        0,
        counter_of("originator_counter", request.get("originator_counter", 0)),
        PaymentMode(_PAYMENT_MODES.get(request.get("payment_mode"), CREDIT)),
        {},
    )
    return identity, state


def _own_credentials(request: dict, random) -> OwnCredentials:
    keys = {}
    for usage, name in ((DIGITAL_SIGNATURE, "signing_key"), (KEY_AGREEMENT, "agreement_key")):
        keys[usage] = request.get(name) or p256.generate(random)
        try:
            p256.public_key(keys[usage])
        except p256.CurveError as error:
            raise bad("%s: %s" % (name, error.args[0]))
    certificates = {}
    given = request.get("certificates", {})
    for name in given:
        certificates[usage_of(name)] = given[name]
    requested = {}
    given = request.get("requested_keys", {})
    for name in given:
        requested[usage_of(name)] = (b"", given[name])
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
