"""Octets as people paste them: every usual form is read, anything else refused with a reason."""

import pytest

from gbcs_hil.errors import GbcsError
from gbcs_hil.gbcs.explain import read_octets


@pytest.mark.parametrize(
    "text",
    [
        "DF09 01",
        "df:09:01",
        "0xDF 0x09\r\n0x01\n",
        "DF, 09, 01",
        b"DF0901\n",
        b"\xef\xbb\xbfDF0901\n",
        b"\xdf\x09\x01",
        "DF-09-01",
    ],
)
def test_octets_are_read_in_every_usual_form(text: str | bytes) -> None:
    assert read_octets(text) == b"\xdf\x09\x01"


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("", "it is empty"),
        (b"", "it is empty"),
        (b"\xef\xbb\xbf\r\n", "it is empty"),
        ("DF0901".encode("utf-16"), "UTF-16 text: save it as ASCII or UTF-8"),
        ("DF0", "3 hexadecimal digits"),
        ("DF0G", "'G' is no hexadecimal digit"),
        ("300205", "starts with DD or DF, not 30"),
        (b"\x30\x82\xff", "neither hexadecimal text nor octets"),
        ("DFé", "'é' is no hexadecimal digit"),
    ],
)
def test_what_is_no_message_is_refused_with_a_reason(text: str | bytes, says: str) -> None:
    with pytest.raises(GbcsError, match=says):
        read_octets(text)
