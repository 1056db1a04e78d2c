"""SC-7: the wrong operator's certificates are on a device; who can put that right.

SMETS2 critical commands are not held against registration data, only against the owner of the
cells (S107-4): the wrong operator can repair what the right one cannot.
"""

from gbcs_hil.gbcs.names import RemotePartyRole, StatusCode
from gbcs_hil.scenarios.observations import Answered
from gbcs_hil.scenarios.play import Play
from gbcs_hil.scenarios.scenario import Scenario
from gbcs_hil.scenarios.verdicts import Expect
from gbcs_hil.smki.parties import SUPPLIER_A

_NETWORK = RemotePartyRole.NETWORK_OPERATOR
_TWO_CELLS = Answered("I0", (StatusCode.SUCCESS,) * 2)
_NO_RESPONSE = Answered("E21")


def sc_7(play: Play) -> None:
    """Play SC-7: `network` stands in the cells, `other_network` is the registered operator."""
    wrong, right = play.network, play.other_network
    play.commission({_NETWORK: 100})
    play.dcc()
    play.register(SUPPLIER_A, right)
    play.update("right operator takes", right, 200, right)
    play.update("wrong operator gives", wrong, 300, right)
    play.update("wrong operator again", wrong, 400, wrong)
    play.update("right operator renews", right, 500, right)


_EXPECTED = {
    "right operator takes": Expect(_NO_RESPONSE),
    "wrong operator gives": Expect(_TWO_CELLS),
    "wrong operator again": Expect(_NO_RESPONSE),
    "right operator renews": Expect(_TWO_CELLS),
}

SC_7 = Scenario(
    "SC-7", "Repair of a wrong region", sc_7, dict.fromkeys(("esme", "gpf"), _EXPECTED)
)
