"""Check what protects a command, protect what answers it (GBCS 4.3.3, 5.4, 6.2).

The MAC key is the KDF over an ECDH shared secret and the message's own identifiers:

    oi  = 60857406080300 originator[8] 09 CRA counter[8] recipient[8]
    key = SHA-256(00000001 Z oi), first 16 octets;  IV = originator[8] 00000000
"""

from hashlib import sha256

from gbcs_device import combs, p256
from gbcs_device import message as framing
from gbcs_device.device_types import ACB_KA, DIGITAL_SIGNATURE, KEY_AGREEMENT
from gbcs_device.gmac import gmac
from gbcs_device.rejection import BAD_MAC, BAD_SIGNATURE, NOT_AUTHORISED, Rejected

_KDF_COUNTER = b"\x00\x00\x00\x01"
# GBCS 4.3.3.3: the AES-GCM-128 algorithm identifier and the transaction identifier's length.
_OTHER_INFO_START = b"\x60\x85\x74\x06\x08\x03\x00"

MAC = "mac"
SIGNATURE = "signature"
SIGNATURE_AND_MAC = "signature and mac"


class Keys:
    """The device's private keys and the shared secrets that come of them."""

    def __init__(self, store, aes) -> None:
        self._store = store
        self._aes = aes
        self._secrets = {}

    def shared_secret(self, public_key: bytes) -> bytes:
        """Return Z for a peer's key agreement key; kept, as an ECDH costs a board dearly."""
        given = self._store.identity.shared_secrets.get(public_key)
        if given is not None:
            return given
        key = self._store.state.own.keys[KEY_AGREEMENT]
        secret = self._secrets.get((key, public_key))
        if secret is None:
            # A few peers stand in the cells at a time; what they replaced is forgotten.
            if len(self._secrets) >= 4:
                self._secrets = {}
            secret = p256.ecdh(key, public_key, combs.of(public_key))
            self._secrets[(key, public_key)] = secret
        return secret

    def sign(self, octets) -> bytes:
        """Return the device's signature over octets, 64 octets r and s."""
        return p256.sign(self._store.state.own.keys[DIGITAL_SIGNATURE], sha256(octets).digest())

    def mac(self, peer: bytes, originator: bytes, cra: int, counter: int, recipient: bytes, parts):
        """Return the 12 octets of a message's MAC under the key shared with a peer."""
        digest = sha256(_KDF_COUNTER)
        digest.update(self.shared_secret(peer))
        digest.update(_OTHER_INFO_START)
        digest.update(originator)
        digest.update(bytes((9, cra)))
        digest.update(counter.to_bytes(8, "big"))
        digest.update(recipient)
        encrypt = self._aes(digest.digest()[:16])
        return gmac(encrypt, originator + bytes(4), parts)[: framing.MAC_LENGTH]


def check_protection(message, protection: str) -> None:
    """Refuse a command that carries other protection than its use case requires."""
    wanted_mac = protection in (MAC, SIGNATURE_AND_MAC)
    wanted_signature = protection in (SIGNATURE, SIGNATURE_AND_MAC)
    if bool(message.mac) != wanted_mac:
        raise Rejected(BAD_MAC, "no MAC" if wanted_mac else "a MAC where none belongs")
    if bool(message.signature) != wanted_signature:
        raise Rejected(
            BAD_SIGNATURE,
            "no signature" if wanted_signature else "a signature where none belongs",
        )


def check_mac(message, keys: Keys, cells: dict) -> None:
    """Check a command's MAC with the Access Control Broker's key agreement cell.

    Raises:
        Rejected: bad-mac.
    """
    try:
        expected = keys.mac(
            cells[ACB_KA].public_key,
            message.originator,
            message.cra,
            message.counter,
            message.recipient,
            message.mac_parts(),
        )
    except p256.CurveError as error:
        raise Rejected(BAD_MAC, "key agreement with the ACB cell: %s" % error.args[0])
    difference = 0
    for ours, theirs in zip(expected, message.mac):
        difference |= ours ^ theirs
    if difference:
        raise Rejected(BAD_MAC, "the MAC does not verify with the ACB's cell")


def check_signature(message, cell) -> None:
    """Check a command's signature with the key in the authorising cell.

    Raises:
        Rejected: bad-signature.
    """
    digest = sha256(message.signed_part()).digest()
    try:
        key = cell.public_key
        p256.verify(key, digest, message.signature, combs.of(key))
    except p256.CurveError as error:
        raise Rejected(BAD_SIGNATURE, error.args[0])


def check_source(message, keys: Keys, cells: dict, authorising, order: str) -> None:
    """Check who sent a command that carries the protection it needs.

    `authorising` is the cell that has to prove it, `order` the setting "order-of-checks".

    Raises:
        Rejected: bad-mac, bad-signature or not-authorised, whichever comes first.
    """
    for check in order.split("-"):
        if check == "owner":
            check_owner(message, authorising)
        elif check == "mac" and message.mac:
            check_mac(message, keys, cells)
        elif check == "signature" and message.signature:
            check_signature(message, authorising)


def check_owner(message, cell) -> None:
    """Refuse a Business Originator that does not own the authorising cell."""
    if message.originator != cell.unique_id:
        raise Rejected(NOT_AUTHORISED, "the Business Originator does not own the cell it names")
