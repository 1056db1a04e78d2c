"""The DSP's interface to its users: DUIS XML in, to one of two addresses.

A critical request goes to be transformed, and comes back as Signed Pre-Command under the same
RequestID; another goes to be sent, as does a critical one to SMETS1.
"""

from collections.abc import Mapping

from gbcs_hil.dcc import response_codes
from gbcs_hil.dcc.dsp import Dsp
from gbcs_hil.dcc.duis import documents, signature
from gbcs_hil.dcc.outcome import Outcome, Rejected
from gbcs_hil.dcc.requests import SignedPreCommand
from gbcs_hil.errors import AuthenticationError
from gbcs_hil.gbcs.message import Message


class DuisGateway:
    """Takes documents for a DSP.

    Args:
        dsp: what checks and carries out.
        certificates: users' XML signing certificates, DER, by EUI-64; None takes documents
            without looking at signatures.
    """

    def __init__(self, dsp: Dsp, certificates: Mapping[bytes, bytes] | None = None) -> None:
        self._dsp = dsp
        self._certificates = certificates

    def transform(self, document: bytes) -> Message:
        """Return the pre-command of a critical request, for its user to check and sign.

        Raises:
            BadInput: it is no document that the bench knows.
            Rejected: a check refuses it.
        """
        read = documents.read_document(document, self._dsp.policy)
        contents = read.contents
        outcome = self._refusal(document, read, wanted=(documents.TRANSFORM,))
        if outcome is not None or isinstance(contents, SignedPreCommand):
            raise Rejected(outcome or Outcome(response_codes.WRONG_URL, check="service-url"))
        return self._dsp.transform(contents)

    def send(self, document: bytes) -> Outcome:
        """Carry out a request that is not critical, or a Signed Pre-Command.

        Raises:
            BadInput: it is no document that the bench knows.
            LedgerError: the ledger cannot be written; nothing was sent.
        """
        read = documents.read_document(document, self._dsp.policy)
        outcome = self._refusal(document, read, wanted=(documents.SEND, documents.SEND_SIGNED))
        if outcome is not None:
            return outcome
        if isinstance(read.contents, SignedPreCommand):
            return self._dsp.submit_signed(read.contents)
        return self._dsp.submit(read.contents)

    def _refusal(
        self, document: bytes, read: documents.Document, wanted: tuple[int, ...]
    ) -> Outcome | None:
        contents = read.contents
        if self._certificates is not None:
            certificate = self._certificates.get(contents.id.originator)
            try:
                if certificate is None:
                    raise AuthenticationError("the user has no certificate to sign XML with")
                signed = signature.verify(document, certificate)
                # What is carried out is what was signed, not what stands around it.
                if documents.read_document(signed, self._dsp.policy) != read:
                    raise AuthenticationError("the signature is on something else")
            except AuthenticationError as error:
                refusal = Outcome(
                    response_codes.XML_SIGNATURE, detail=str(error), check="xml-signature"
                )
                return self._dsp.refuse(contents, refusal)
        if read.command_variant not in wanted:
            detail = f"command variant {read.command_variant}"
            refusal = Outcome(response_codes.WRONG_URL, detail=detail, check="service-url")
            return self._dsp.refuse(contents, refusal)
        return None
