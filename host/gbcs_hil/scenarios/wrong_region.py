"""SC-7: the wrong operator's certificates are on a device; who can put that right.

SMETS2 critical commands are not held against registration data, only against the owner of the
cells (S107-4): the wrong operator can repair what the right one cannot. Whether the right one
can then go on with numbers of its own is the question of SC-5: it takes a floor, and a device
that heeds it.
"""

from gbcs_hil.gbcs.names import RemotePartyRole, StatusCode
from gbcs_hil.scenarios.observations import Answered
from gbcs_hil.scenarios.play import Play
from gbcs_hil.scenarios.scenario import Expectations, Scenario
from gbcs_hil.scenarios.verdicts import Expect
from gbcs_hil.smki.parties import SUPPLIER_A

_NETWORK = RemotePartyRole.NETWORK_OPERATOR
_TWO_CELLS = Answered("I0", (StatusCode.SUCCESS,) * 2)
_NO_RESPONSE = Answered("E21")

MILLISECONDS = 1_700_000_000_000
SMALL = 1_200
_HOW = {"without a floor": None, "with floor 0": 0}


def sc_7(play: Play) -> None:
    """Play SC-7: `network` stands in the cells, `other_network` is the registered operator."""
    wrong, right = play.network, play.other_network
    for how, floor in _HOW.items():
        play.part(f"Repair {how}")
        play.commission({_NETWORK: MILLISECONDS})
        play.dcc()
        play.register(SUPPLIER_A, right)
        play.update(f"right operator takes {how}", right, MILLISECONDS + 1, right)
        play.update(f"wrong operator gives {how}", wrong, MILLISECONDS + 2, right, floor=floor)
        play.update(f"wrong operator again {how}", wrong, MILLISECONDS + 3, wrong)
        play.renew(f"right operator's small number {how}", right, SMALL)
        play.renew(f"right operator above it {how}", right, MILLISECONDS + 4)


def _expected(how: str) -> Expectations:
    return {
        f"right operator takes {how}": Expect(_NO_RESPONSE),
        f"wrong operator gives {how}": Expect(_TWO_CELLS),
        f"wrong operator again {how}": Expect(_NO_RESPONSE),
        f"right operator above it {how}": Expect(_TWO_CELLS),
    }


_EXPECTED: Expectations = {
    **_expected("without a floor"),
    **_expected("with floor 0"),
    # A device that resets a counter with its role's owner takes it too (P-ZERO).
    "right operator's small number without a floor": Expect(_NO_RESPONSE, tolerated=(_TWO_CELLS,)),
    "right operator's small number with floor 0": Expect(_TWO_CELLS, tolerated=(_NO_RESPONSE,)),
}

SC_7 = Scenario(
    "SC-7", "Repair of a wrong region", sc_7, dict.fromkeys(("esme", "gpf"), _EXPECTED)
)
