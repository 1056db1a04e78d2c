"""The payloads of CS02a and CS02b as tables of named fields (GBCS 13.3)."""

from collections.abc import Mapping

from gbcs_hil.gbcs.explain_der import (
    BIT_STRING,
    ENUMERATED,
    GENERALIZED_TIME,
    INTEGER,
    NULL,
    OCTET_STRING,
    SEQUENCE,
    Field,
    Shape,
    certificate,
    key_usage,
    null,
    number,
    octets,
    sequence,
    sequence_of,
    time,
)
from gbcs_hil.gbcs.names import (
    CellUsage,
    CredentialsReplacementMode,
    RemotePartyRole,
    StatusCode,
    alert_text,
    named,
)


def _word(value: str) -> str:
    """Return a value without the number behind it."""
    return value.split(" (")[0]


def _cell(values: Mapping[str, str]) -> str:
    words = [_word(values.get("remotePartyRole", "")), values["keyUsage"]]
    words.append(_word(values.get("cellUsage", "")))
    return " ".join(word for word in words if word and word != CellUsage.MANAGEMENT.gbcs_name)


def _change(values: Mapping[str, str]) -> str:
    return f"{_word(values['remotePartyRole'])} floor {values['floorSeqNumber']}"


def _outcome(values: Mapping[str, str]) -> str:
    return f"{values['affectedTrustAnchorCell']}: {_word(values['statusCode'])}"


def _replacement(values: Mapping[str, str]) -> str:
    return f"for {values['targetTrustAnchorCell']}"


def _role_status(values: Mapping[str, str]) -> str:
    words = [f"{_word(values['remotePartyRole'])}: {_word(values['statusCode'])}"]
    if "currentSeqNumber" in values:
        words.append(f"counter {values['currentSeqNumber']}")
    return ", ".join(words)


def one_of(names: Mapping[int, str]) -> Shape:
    """Return the shape of an INTEGER or ENUMERATED whose values have names."""
    return number(lambda value: f"{names.get(value, 'unknown')} ({value})")


_COUNTER = number()
_ROLE = Field("remotePartyRole", INTEGER, number(named(RemotePartyRole)))
KEY_USAGE = Field("keyUsage", BIT_STRING, key_usage)
_CELL_USAGE = Field("cellUsage", INTEGER, number(named(CellUsage)), optional=True)
_MODE = Field("credentialsReplacementMode", INTEGER, number(named(CredentialsReplacementMode)))
_STATUS = Field("statusCode", ENUMERATED, number(named(StatusCode)))
_CELL = sequence(_ROLE, KEY_USAGE, _CELL_USAGE, summary=_cell)
_SPECIALISTS = sequence_of(
    Field(
        "specialist",
        SEQUENCE,
        sequence(
            Field("seqNumberUsage", INTEGER, one_of({0: "prepaymentTopUp"})),
            Field("seqNumber", INTEGER, _COUNTER),
            summary=lambda values: f"{_word(values['seqNumberUsage'])} {values['seqNumber']}",
        ),
    )
)
_CHANGES = sequence_of(
    Field(
        "change",
        SEQUENCE,
        sequence(
            _ROLE,
            Field("floorSeqNumber", INTEGER, _COUNTER),
            Field("specialistFloorSeqNumbers", SEQUENCE, _SPECIALISTS, optional=True),
            summary=_change,
        ),
    )
)


def _eui_field(name: str) -> Field:
    return Field(name, OCTET_STRING, octets(lambda source, eui: source.eui(eui), 8))


def _ski_field(name: str) -> Field:
    return Field(name, OCTET_STRING, octets(lambda _, ski: ski.hex().upper(), 8))


_CONTROL = sequence(
    _MODE,
    Field("plaintextSymmetricKey", 0x80, octets(lambda _, key: key.hex().upper()), optional=True),
    Field(
        "applyTimeBasedCPVChecks",
        0x81,
        one_of({0: "apply", 1: "disapply"}),
        optional=True,
    ),
    Field("authorisingRemotePartyTACellIdentifier", 0xA2, _CELL, optional=True),
    Field("authorisingRemotePartySeqNumber", 0x83, _COUNTER),
    Field("newRemotePartyFloorSeqNumber", 0x84, _COUNTER, optional=True),
    Field("newRemotePartySpecialistFloorSeqNumber", 0xA5, _SPECIALISTS, optional=True),
    Field("otherRemotePartySeqNumberChanges", 0xA6, _CHANGES, optional=True),
    summary=lambda values: values["credentialsReplacementMode"],
)
UPDATE = sequence(
    Field("authorisingRemotePartyControl", SEQUENCE, _CONTROL),
    Field(
        "replacements",
        SEQUENCE,
        sequence_of(
            Field(
                "replacement",
                SEQUENCE,
                sequence(
                    Field("replacementCertificate", SEQUENCE, certificate),
                    Field("targetTrustAnchorCell", SEQUENCE, _CELL),
                    summary=_replacement,
                ),
            )
        ),
    ),
    Field(
        "certificationPathCertificates",
        SEQUENCE,
        sequence_of(Field("certificate", SEQUENCE, certificate)),
    ),
    Field("executionDateTime", GENERALIZED_TIME, time, optional=True),
)
_OUTCOME = sequence(
    Field("authorisingRemotePartySeqNumber", INTEGER, _COUNTER),
    _MODE,
    Field("remotePartySeqNumberChanges", SEQUENCE, _CHANGES),
    Field(
        "replacementOutcomes",
        SEQUENCE,
        sequence_of(
            Field(
                "replacementOutcome",
                SEQUENCE,
                sequence(
                    Field("affectedTrustAnchorCell", SEQUENCE, _CELL),
                    _STATUS,
                    _eui_field("existingSubjectUniqueID"),
                    _ski_field("existingSubjectKeyIdentifier"),
                    _eui_field("replacingSubjectUniqueID"),
                    _ski_field("replacingSubjectKeyIdentifier"),
                    summary=_outcome,
                ),
            )
        ),
    ),
)
UPDATE_RESPONSE = sequence(
    Field("commandAccepted", NULL, null),
    Field("executionOutcome", SEQUENCE, _OUTCOME, optional=True),
    summary=lambda values: "" if "executionOutcome" in values else "accepted, to be done later",
)
UPDATE_ALERT = sequence(
    Field("alertCode", INTEGER, number(alert_text)),
    Field("executionDateTime", GENERALIZED_TIME, time),
    Field("executionOutcome", SEQUENCE, _OUTCOME),
    summary=lambda values: values["alertCode"],
)

READ = sequence(
    Field("authorisingRemotePartyTACellIdentifier", SEQUENCE, _CELL),
    Field("remotePartyRoles", SEQUENCE, sequence_of(_ROLE)),
)
READ_RESPONSE = sequence_of(
    Field(
        "remotePartyDetails",
        SEQUENCE,
        sequence(
            _ROLE,
            _STATUS,
            Field("currentSeqNumber", INTEGER, _COUNTER, optional=True),
            Field(
                "trustAnchorCellDetails",
                SEQUENCE,
                sequence_of(
                    Field(
                        "trustAnchorCell",
                        SEQUENCE,
                        sequence(
                            KEY_USAGE,
                            _CELL_USAGE,
                            _eui_field("subjectUniqueID"),
                            _ski_field("subjectKeyIdentifier"),
                            summary=_cell,
                        ),
                    )
                ),
                optional=True,
            ),
            summary=_role_status,
        ),
    )
)
