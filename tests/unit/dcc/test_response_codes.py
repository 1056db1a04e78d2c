"""What the bench has invented is told from what is public."""

import pytest

from documented_tables import codes
from gbcs_hil.dcc.response_codes import ResponseCode

PUBLIC = {
    *("I0", "I99", "E1", "E2", "E3", "E4", "E5", "E11", "E12", "E13", "E19", "E21"),
    "AD1",  # DUIS's alert of anomaly detection.
    *("S1VE4", "S1VE64"),  # SECMP0107's Full Impact Assessment.
}
"""The codes whose meaning public sources tell."""


@pytest.mark.requirement("S63-9")
@pytest.mark.parametrize("code", codes(), ids=str)
def test_a_code_is_public_or_begins_with_b(code: ResponseCode) -> None:
    assert code.of_the_bench is (code.code not in PUBLIC)
    assert code.of_the_bench is code.code.startswith("B")


def test_every_code_has_a_name_of_its_own() -> None:
    names = [code.code for code in codes()]
    assert len(names) == len(set(names)) == 30
