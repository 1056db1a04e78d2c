"""What the bench may ask about a device's settings, and change of them."""

from gbcs_device import profile
from gbcs_device.bench_refusal import Refused, bad
from gbcs_device.bench_request import defects_of, profile_of
from gbcs_device.state import Identity

# What the store's record is made of.
_SETTLED = (("gpf-prepayment-cell", "cells"), ("counter-of", "counters"))


def behaviour(identity) -> dict:
    """Return the profile of a device, which need not have an identity, and all that may be."""
    return {
        "profile": identity.profile if identity else None,
        "differences": profile.differences(identity.settings) if identity else None,
        "profiles": profile.PROFILES,
        "settings": list(profile.SETTINGS),
    }


def choices(name) -> dict:
    """Return the values of one setting, the default first.

    Raises:
        Refused: there is no such setting.
    """
    if not isinstance(name, str) or name not in profile.SETTINGS:
        raise Refused("bad-request", "no setting %s" % name)
    return {"choices": profile.choices(name)}


def changed(identity: Identity, request: dict) -> Identity:
    """Return an identity with the profile that a request names.

    Raises:
        Refused: no such profile, setting or value, or one that is settled.
    """
    profile_name, settings = profile_of(request)
    for name, what in _SETTLED:
        if settings[name] != identity.settings[name]:
            raise bad("which %s a device has is settled when it is provisioned" % what)
    return Identity(
        identity.device_type,
        identity.eui,
        profile_name,
        settings,
        identity.shared_secrets,
        identity.credit_terms,
        identity.defects,
    )


def with_defects(identity: Identity, request: dict) -> Identity:
    """Return an identity with the defects that a request names, in place of those it had.

    Raises:
        Refused: there is no such defect.
    """
    return Identity(
        identity.device_type,
        identity.eui,
        identity.profile,
        identity.settings,
        identity.shared_secrets,
        identity.credit_terms,
        defects_of(request),
    )
