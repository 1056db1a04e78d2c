"""Certificates of a device's own keys, as its manufacturer would give them."""

from gbcs_device import p256
from gbcs_device.bench_refusal import bad
from gbcs_device.bench_request import map_of, usage_of
from gbcs_device.certificate import Certificate
from gbcs_device.own_credentials import OwnCredentials
from gbcs_device.rejection import Rejected


def certified(own: OwnCredentials, request: dict) -> OwnCredentials:
    """Return a device's credentials with the certificates that a request brings.

    Raises:
        Refused: one of them is no certificate, or is of another key than the one in use.
    """
    certificates = dict(own.certificates)
    given = map_of(request, "certificates")
    for name in given:
        usage = usage_of(name)
        if not isinstance(given[name], bytes):
            raise bad("the device's %s certificate is not octets" % name)
        try:
            certificate = Certificate(given[name])
        except Rejected as rejected:
            raise bad("the device's %s certificate: %s" % (name, rejected.detail))
        if certificate.public_key != p256.public_key(own.keys[usage]):
            raise bad("the device's %s certificate is of another key" % name)
        certificates[usage] = given[name]
    return OwnCredentials(own.keys, certificates, own.requested)
