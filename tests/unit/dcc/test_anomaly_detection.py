"""Anomaly Detection Thresholds: the files, what is counted, what is put in quarantine."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec

from gbcs_hil.dcc.ledger_database import LedgerDatabase
from gbcs_hil.dcc.solr.anomaly_counts import AnomalyCounts, Verdict
from gbcs_hil.dcc.solr.anomaly_detection import Office, Officer, Threshold, read_threshold_file
from gbcs_hil.errors import AuthenticationError, BadInput
from gbcs_hil.gbcs.names import format_eui
from gbcs_hil.smki.parties import SOLR_CONTINGENCY, SUPPLIER_A

NOW = datetime(2023, 1, 10, 12, tzinfo=UTC)

OFFICER_KEY = ec.derive_private_key(0x5EED, ec.SECP256R1())
SENIOR = Officer("Sam", Office.SENIOR, SOLR_CONTINGENCY.eui, OFFICER_KEY.public_key())
FILE = (
    "user,service,supplier,warning,quarantine,hours\n"
    f"{format_eui(SOLR_CONTINGENCY.eui)},1.6,SUPA,2,3,24\n"
).encode()


def signed(octets: bytes) -> bytes:
    return OFFICER_KEY.sign(octets, ec.ECDSA(hashes.SHA256()))


@pytest.mark.requirement("M134-5")
def test_a_threshold_file_of_an_authorised_officer_is_read() -> None:
    authorised = SENIOR.nominate("Alex", OFFICER_KEY.public_key())
    assert read_threshold_file(FILE, signed(FILE), authorised) == (
        Threshold(SOLR_CONTINGENCY.eui, "1.6", "SUPA", 2, 3, timedelta(hours=24)),
    )


@pytest.mark.requirement("M134-5")
def test_only_an_authorised_officers_signature_counts() -> None:
    authorised = SENIOR.nominate("Alex", OFFICER_KEY.public_key())
    with pytest.raises(AuthenticationError, match="no Authorised"):
        read_threshold_file(FILE, signed(FILE), SENIOR)
    with pytest.raises(AuthenticationError, match="has not signed"):
        read_threshold_file(FILE + b"\n", signed(FILE), authorised)
    with pytest.raises(BadInput, match="cannot nominate"):
        authorised.nominate("Kim", OFFICER_KEY.public_key())


@pytest.mark.requirement("M134-5")
@pytest.mark.parametrize(
    "octets",
    [
        b"\xff\xfe",
        b"user,service\nx,1.6\n",
        FILE.replace(b",2,3,", b",4,3,"),
        FILE.replace(b",2,3,", b",two,3,"),
        FILE.replace(b"24\n", b"0\n"),
        FILE.replace(format_eui(SOLR_CONTINGENCY.eui).encode(), b"nobody"),
        FILE.replace(
            format_eui(SOLR_CONTINGENCY.eui).encode(), format_eui(SUPPLIER_A.eui).encode()
        ),
    ],
)
def test_a_bad_threshold_file_is_bad_input(octets: bytes) -> None:
    authorised = SENIOR.nominate("Alex", OFFICER_KEY.public_key())
    with pytest.raises(BadInput):
        read_threshold_file(octets, signed(octets), authorised)


def threshold(warning: int, quarantine: int) -> Threshold:
    named = (SOLR_CONTINGENCY.eui, "1.6", "SUPA")
    return Threshold(*named, warning, quarantine, timedelta(hours=24))


@pytest.fixture
def database(ledger_url: str) -> Iterator[LedgerDatabase]:
    """A ledger, on SQLite and on PostgreSQL."""
    opened = LedgerDatabase(ledger_url)
    yield opened
    opened.close()


@pytest.mark.requirement("M134-5")
def test_a_threshold_warns_then_quarantines_and_forgets_with_time(
    database: LedgerDatabase,
) -> None:
    counts, limit = AnomalyCounts(database), threshold(1, 2)
    verdicts = [counts.judge(limit, name, NOW).verdict for name in "abc"]
    assert verdicts == [Verdict.PASS, Verdict.WARN, Verdict.QUARANTINE]
    assert counts.warnings() == ("b",)
    assert counts.judge(limit, "d", NOW + timedelta(hours=24)).verdict is Verdict.PASS


@pytest.mark.requirement("M134-5")
def test_a_quarantined_request_is_released_or_dropped_by_its_reference(
    database: LedgerDatabase,
) -> None:
    counts, limit = AnomalyCounts(database), threshold(0, 0)
    for name in "aab":
        counts.judge(limit, name, NOW)
    references = counts.quarantine()
    assert references == {"a": f"{1:020d}", "b": f"{2:020d}"}
    assert counts.act(references["a"], release=True) == "a"
    assert counts.act(references["b"], release=False) == "b"
    assert counts.judge(limit, "a", NOW).verdict is Verdict.WARN
    assert counts.judge(limit, "a", NOW).reference == f"{3:020d}"
    assert counts.judge(limit, "b", NOW).reference == f"{4:020d}"
    for gone in (references["a"], "nothing"):
        with pytest.raises(BadInput, match="in quarantine"):
            counts.act(gone, release=True)


@pytest.mark.requirement("M134-5")
def test_counts_and_quarantine_outlast_a_restart(ledger_url: str) -> None:
    limit = threshold(1, 1)
    for name, expected in (("a", Verdict.PASS), ("b", Verdict.QUARANTINE)):
        opened = LedgerDatabase(ledger_url)
        assert AnomalyCounts(opened).judge(limit, name, NOW).verdict is expected
        opened.close()
