"""CS02a and CS02b: what their payloads say, read and written (GBCS 13.3)."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from cryptography.hazmat import asn1

from gbcs_hil.errors import GbcsError
from gbcs_hil.gbcs import security_credentials_asn1 as der_of
from gbcs_hil.gbcs.der import decode, decode_sequence_of, encode_sequence_of, raw
from gbcs_hil.gbcs.message_codes import MessageCode, code_of_mode
...
