"""The device's own keys and certificates, and key pairs that wait for a certificate.

A value that is never changed in place: CS02c and CS02d make a new one, which becomes the
device's with the commit that answers them.
"""

from gbcs_device import cbor
from gbcs_device._compat import const
from gbcs_device.device_types import DIGITAL_SIGNATURE, KEY_AGREEMENT

USAGES = (DIGITAL_SIGNATURE, KEY_AGREEMENT)
# Octets of a certificate: SMKI's take some 420. What is longer does not come back from CBOR
# (`cbor.VIEWED`), and two of them have to fit a blob of the store.
LONGEST = const(1024)


class OwnCredentials:
    """Keys by key usage, `DIGITAL_SIGNATURE` and `KEY_AGREEMENT`.

    Attributes:
        keys: private keys in use, 32 octets.
        certificates: DER, or empty where none is held.
        requested: (private key, public key) of the last CS02c, or None. The private key is
            empty where a test vector states only the public one.
        name: what the store calls them once they were to be durable; before, None.
    """

    def __init__(self, keys: dict, certificates: dict, requested: dict) -> None:
        self.keys = keys
        self.certificates = certificates
        self.requested = requested
        self.name = None

    def with_request(self, usage: int, private_key: bytes, public_key: bytes):
        """Return these with a new key pair that waits for its certificate."""
        requested = dict(self.requested)
        requested[usage] = (private_key, public_key)
        return OwnCredentials(self.keys, self.certificates, requested)

    def with_certificate(self, usage: int, certificate: bytes):
        """Return these with the key pair that waited in use, under its certificate."""
        keys = dict(self.keys)
        certificates = dict(self.certificates)
        requested = dict(self.requested)
        private_key, _ = requested.pop(usage)
        certificates[usage] = certificate
        if private_key:
            keys[usage] = private_key
        return OwnCredentials(keys, certificates, requested)

    def encode(self) -> bytes:
        """Return the octets that the store keeps."""
        rows = []
        for usage in USAGES:
            waiting = self.requested.get(usage)
            rows.append(
                [
                    self.keys[usage],
                    self.certificates.get(usage, b""),
                    list(waiting) if waiting else None,
                ]
            )
        return cbor.dumps(rows)


def decode(octets: bytes) -> OwnCredentials:
    """Return what `OwnCredentials.encode` wrote."""
    keys = {}
    certificates = {}
    requested = {}
    for usage, (key, certificate, waiting) in zip(USAGES, cbor.loads(octets)):
        keys[usage] = key
        if certificate:
            certificates[usage] = certificate
        if waiting:
            requested[usage] = (waiting[0], waiting[1])
    return OwnCredentials(keys, certificates, requested)
