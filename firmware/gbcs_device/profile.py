"""Settings for what the public text of GBCS leaves open, and the profiles made of them.

Each setting names its values in one text, the default first, and says where the default comes
from. A profile is data: a name and the settings in which it differs from the defaults. The device
keeps its profile in its store, so that it behaves the same after a power cut.
"""

SETTINGS = {
    # Whether a role has one execution counter, or one for each message code. GBCS 4.3.1.5 and 9.2
    # list them and are not public; the release note of v0.8.1 speaks of fewer counters than
    # before, and a floor names a role alone. Where there are several, a floor is that of all of
    # them, and CS02a tells the highest.
    "counter-of": "role role-and-message-code",
    # What becomes of a role's execution counter when [4] or [6] of a CS02b names a floor.
    # "apply" sets it, up or down, as the reference vectors echo floors below the counter just
    # used; "keep-network-operator" ignores it for the network operator, the behaviour that
    # device assurance lists as tolerated and common (SMDA-246, SMDA-252).
    "floor": "apply keep-network-operator",
    # Whether a floor is the last counter used, so that the next must be above it, or the first
    # that is allowed. The vectors' floors are all 0, which tells nothing; a stored counter
    # with the usual test is the simpler reading.
    "floor-meaning": "last-used first-allowed",
    # Whether a new owner in a cell sets its role's counter to 0 where no floor is named.
    # "keep" follows from the same SMDA issue: nothing resets unless told to.
    "owner-change": "keep reset-counter",
    # Whether floors count when not one cell could be replaced. The vectors list them in the
    # response all the same, so the default applies them. A command that names no cell at all
    # has replaced none.
    "floor-when-all-fail": "apply ignore",
    # The same where some cells could be replaced and some could not.
    "floor-when-some-fail": "apply ignore",
    # What becomes of the prepayment floor when a supplier's floor is named and its own is not.
    # GBCS 13.3.5 only says that it is named where top-ups have a sequence of their own. To keep
    # it lets no old top-up in again.
    "prepayment-floor-absent": "keep follow-floor clear",
    # A floor in [6] for a role that is neither the authorising party's nor one whose cells the
    # mode may replace, or that the device has no counter for. No vector has one; a party that
    # could set a stranger's counter could lock the stranger out, so failing closed is the default.
    "floor-outside-mode": "refuse-command apply ignore",
    # Whether the recovery party's commands are held against a counter. The contingency
    # responses in the vectors list a floor for every role, so every role has one.
    "recovery-replay-protection": "on off",
    # Whether CS02a is protected against replay and moves the counter of the role that
    # authorised it. The read-out in the vectors shows 0 for the ACB right after its command.
    "cs02a-replay-protection": "off on",
    # The same for CS02e, which suppliers sign like any critical command.
    "cs02e-replay-protection": "on off",
    # Whether authorisingRemotePartySeqNumber must be the Originator Counter. It is in every
    # CS02b vector.
    "sequence-number": "is-originator-counter not-checked",
    # Whether the credentials replacement mode must be the message code's. It always is.
    "replacement-mode": "is-message-codes not-checked",
    # When a future-dated command moves the counter. At receipt, or the stored command itself
    # could be replayed before its date.
    "future-dated-counter": "at-receipt at-execution",
    # What a later future-dated command or a cancellation replaces: the one that waits under
    # its message code, only one of the same originator, or whatever waits.
    "pending-command": "by-message-code by-originator one-for-all",
    # Which of the commands that are due at the same time comes first. No public text says; a
    # device that keeps them in a list has them in the order of their receipt.
    "due-together": "by-receipt by-message-code",
    # Whether the authorising cell must still be the originator's when the date comes. If not,
    # a command that waits takes the cells back from a party that got them in between; without
    # a public text, the device keeps what is safe.
    "authorising-cell-at-execution": "still-originators not-checked",
    # What happens to a command with an executionDateTime that has passed. No public text and no
    # vector says. "refuse" discards it like what is not authorised: nothing is answered and
    # nothing changes, so the counter stays, as with every check that fails before the commit.
    "past-execution-date": "execute-now refuse",
    # Whether a clock counts that nobody has set since the power came on. "disregarded" lets no
    # date come before, and checks no validity. No public text says; a board's clock that is
    # right needs no setting.
    "unset-clock": "trusted disregarded",
    # Whether notBefore and notAfter are checked. GBCS 13.3.5 lets a command disapply the
    # checks; "never" is for the reference vectors, whose clock stands before their
    # certificates' notBefore.
    "time-checks": "as-commanded never",
    # Which certificate roles fit a cell of another role. An ACB certificate in a supplier or
    # network operator cell is how MP128A and the factory state of a GPF work.
    "certificate-role": "cell-role-or-acb any",
    # The status of a cell whose certificate is out of its validity: badCertificate, or other.
    # The code's name fits; no vector shows it.
    "status-out-of-validity": "5 127",
    # The status of a cell whose certificate has another role or key usage than the cell.
    "status-wrong-certificate": "5 127",
    # A replacement for a cell that the mode may not touch: the whole command is refused, or
    # that cell alone, with trustAnchorNotFound or another status. Failing closed is the default.
    "cell-outside-mode": "refuse-command status-25 status-5 status-127",
    # A replacement for a cell of the mode that this device does not have. trustAnchorNotFound
    # is what CS02a answers for a role without cells.
    "cell-absent": "status-25 status-5 status-127 refuse-command",
    # Whether a command may name no cell at all. The ASN.1 allows it, and no vector has one.
    "no-replacements": "allow refuse-command",
    # Whether a command may name one cell twice. No vector does.
    "cell-named-twice": "allow refuse-command",
    # Whether a supplier's or network operator's cells must all be replaced together. The
    # vectors always do, but report an outcome for each.
    "cells-of-a-role": "singly together",
    # Whether recovery may replace the root by one that the old root has certified.
    "root-rollover": "linked never",
    # Whether a GPF holds a supplier's prepayment key agreement cell. A 6.21 vector replaces
    # one, though a GPF takes no top-ups.
    "gpf-prepayment-cell": "present absent",
    # Whether lengths of a command's payload may be longer than they need, as the vectors'
    # responses have them. All commands in the vectors are DER.
    "der-lengths": "strict tolerant",
    # How the device itself writes lengths of 128 to 255 octets in what it answers to CS02a and
    # CS02b, and in the alert of a future-dated CS02b. A third of the vectors' responses and all
    # of those alerts have "two-octets" (82 00 90), which is no DER.
    "der-lengths-sent": "shortest two-octets",
    # In which order a command is checked once it is known for what it is; the first check that
    # fails names the event. The originator, MAC, signature and counter are what GBCS 5.4 and
    # 6.2 ask for, in no order that is public. A stranger's command is refused before it costs
    # the device any cryptography.
    "order-of-checks": (
        "owner-mac-signature-counter mac-signature-owner-counter counter-owner-mac-signature"
    ),
    # The events that rejections leave in the Security Log. No public text fixes the codes; the
    # vectors' own logs hold 8F1E, 8F3E, 8F53 and 8F60, never 8F30 or 8F3D.
    "format-event": "8F1E 8F60 none",
    "authentication-event": "8F3E 8F3D 8F53 none",
    "authorisation-event": "8F53 8F30 8F3E none",
    "replay-event": "8F53 8F3E 8F60 8F3D none",
    # The event of a replaced trust anchor cell; its name says what it is for.
    "credentials-updated-event": "8F70 none",
    # Whether a replaced cell also sends a critical alert with that event, and to whom: no
    # vector has one.
    "credentials-updated-alert": "none supplier previous-holder new-holder",
    # Whether a rejected command is answered once its header is known for a command to this
    # device. Silence is assumed. No layout of an answer that says no is public: "empty" is a
    # signed response without payload, for a head-end to have its way with; the scripts expect
    # silence and say so.
    "rejection-response": "none empty",
    # Whether a replay also sends a critical alert to the supplier. Silence is assumed.
    "replay-alert": "none supplier",
    # The same for every other rejection that leaves an event.
    "rejection-alert": "none supplier",
}

PROFILES = {
    "P-FLOOR": {},
    "P-KEEP": {"floor": "keep-network-operator"},
    "P-ZERO": {"owner-change": "reset-counter"},
}

DEFAULT = "P-FLOOR"


def choices(setting: str) -> list:
    """Return the values of a setting, the default first."""
    return SETTINGS[setting].split(" ")


def settings(name: str = DEFAULT, overrides: dict = {}) -> dict:  # noqa: B006 - only read
    """Return every setting's value under a profile and what overrides it.

    Raises:
        ValueError: no such profile, setting or value.
    """
    if name not in PROFILES:
        raise ValueError("no profile %s; there are %s" % (name, ", ".join(sorted(PROFILES))))
    chosen = {}
    # Equal values are one in memory.
    known = {}
    for key in SETTINGS:
        value = choices(key)[0]
        chosen[key] = known.setdefault(value, value)
    for source in (PROFILES[name], overrides):
        for key in source:
            if key not in SETTINGS:
                raise ValueError("no setting %s" % key)
            if source[key] not in choices(key):
                raise ValueError(
                    "setting %s is one of %s, not %s" % (key, ", ".join(choices(key)), source[key])
                )
            chosen[key] = source[key]
    return chosen


def differences(chosen: dict) -> dict:
    """Return the settings that are not at their default, which is all that a store keeps."""
    changed = {}
    for key in chosen:
        if chosen[key] != choices(key)[0]:
            changed[key] = chosen[key]
    return changed
