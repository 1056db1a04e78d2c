"""SC-5 and SC-6: cells change hands, and the new party's numbers are small (SMDA-1 to SMDA-4).

An ESME comes from the factory with a Supplier's certificates in the network operator cells
(S63-7), a GPF with the ACB's. Whoever puts the network operator's certificates in numbers by
milliseconds; the operator that follows does not. With no floor it has to find out which counter
to exceed; a floor of 0 lets it start anew, unless the device keeps its counter whatever the
floor, which device assurance tolerates as common. Control is a change of Supplier (6.23), whose
floor is a must and tolerates nothing.
"""

from gbcs_hil.gbcs.names import RemotePartyRole, StatusCode
from gbcs_hil.scenarios.conditions import NETWORKS
from gbcs_hil.scenarios.observations import Answered, Holds
from gbcs_hil.scenarios.play import Play
from gbcs_hil.scenarios.scenario import Expectations, Scenario
from gbcs_hil.scenarios.verdicts import Expect
from gbcs_hil.smki.parties import SUPPLIER_A, SUPPLIER_B

_NETWORK, _SUPPLIER = RemotePartyRole.NETWORK_OPERATOR, RemotePartyRole.SUPPLIER

MILLISECONDS = 1_700_000_000_000
SMALL = 1_200
SUPPLIER_COUNTER = 30
SUPPLIER_FLOOR = 5

_HOW = {"without a floor": None, "with floor 0": 0}
_LOCKED_OUT = (
    "nobody named a floor for the operator, and it counts on without knowing the device's counter"
)

_TWO = Answered("I0", (StatusCode.SUCCESS,) * 2)
_THREE = Answered("I0", (StatusCode.SUCCESS,) * 3)
_NO_RESPONSE = Answered("E21")
_SILENCE = Answered("silence")
_NO_CELL = Answered("I0", (StatusCode.TRUST_ANCHOR_NOT_FOUND,))


def sc_5(play: Play) -> None:
    """Play SC-5: the Supplier puts the network operator's certificates in (6.15.1)."""
    for how, floor in _HOW.items():
        play.part(f"Certificates of the operator {how}")
        play.commission({}, factory=True)
        play.dcc()
        play.update(f"Supplier {how}", SUPPLIER_A, SUPPLIER_COUNTER, SUPPLIER_A, role=_SUPPLIER)
        supplier = play.last_command
        play.update(f"given {how}", SUPPLIER_A, MILLISECONDS, play.network, floor=floor)
        _small_numbers(play, how)
        play.replay(f"replay of the Supplier's {how}", supplier)
        play.update(
            f"Supplier again {how}",
            SUPPLIER_A,
            SUPPLIER_COUNTER + 1,
            SUPPLIER_A,
            role=_SUPPLIER,
        )


def sc_6(play: Play) -> None:
    """Play SC-6: 6.21 on a GPF, no network operator on a GSME, and 6.23 on each of them."""
    if play.conditions.device_type == "gpf":
        for how, floor in _HOW.items():
            play.part(f"Certificates of the operator {how}")
            play.commission({}, factory=True, holders={_SUPPLIER: SUPPLIER_A})
            play.dcc(MILLISECONDS - 1)
            play.hand_over(f"given {how}", play.network, floor=floor)
            _small_numbers(play, how)
    play.part("A change of Supplier, which must name a floor")
    play.commission({_SUPPLIER: 1_000})
    play.dcc()
    play.read("network operator")
    play.update("before the change", SUPPLIER_A, 2_000, SUPPLIER_A, role=_SUPPLIER)
    play.register(SUPPLIER_B, play.network)
    play.change_supplier("change of Supplier", SUPPLIER_B, SUPPLIER_FLOOR)
    play.read("after the change", _SUPPLIER, SUPPLIER_B)
    play.update("new Supplier", SUPPLIER_B, SUPPLIER_FLOOR + 1, SUPPLIER_B, role=_SUPPLIER)
    play.read("network operator again", by=SUPPLIER_B)


def _small_numbers(play: Play, how: str) -> None:
    """Have the operator start with small numbers, read, and go above what it read."""
    network = play.network
    play.renew(f"small number {how}", network, SMALL)
    told = play.read(f"read {how}", by=network)
    if isinstance(told, Holds):
        play.renew(f"above what was read {how}", network, told.counter + 1)


def _expect_small(name: str) -> Expectations:
    untouched, reset = Holds(name, MILLISECONDS), Holds(name, SMALL)
    return {
        "given without a floor": Expect(_TWO),
        # Only a device that resets a counter when its role's owner changes takes it (P-ZERO).
        "small number without a floor": Expect(
            _NO_RESPONSE, tolerated=(_TWO,), practice=_LOCKED_OUT
        ),
        "read without a floor": Expect(untouched, tolerated=(reset,)),
        "above what was read without a floor": Expect(_TWO),
        "given with floor 0": Expect(_TWO),
        "small number with floor 0": Expect(_TWO, tolerated=(_NO_RESPONSE,)),
        "read with floor 0": Expect(reset, tolerated=(untouched,)),
        "above what was read with floor 0": Expect(_TWO),
    }


def _expect_5() -> Expectations:
    supplier = {
        f"{step} {how}": expect
        for how in ("without a floor", "with floor 0")
        for step, expect in (
            ("Supplier", Expect(_THREE)),
            ("replay of the Supplier's", Expect(_SILENCE)),
            ("Supplier again", Expect(_THREE)),
        )
    }
    return {**_expect_small(NETWORKS["esme"][0].name), **supplier}


def _expect_6(device_type: str) -> Expectations:
    network = NETWORKS[device_type][0].name
    operator = _NO_CELL if device_type == "gsme" else Holds(network, 0)
    return {
        **(_expect_small(network) if device_type == "gpf" else {}),
        "network operator": Expect(operator),
        "before the change": Expect(_THREE),
        "change of Supplier": Expect(_THREE),
        "after the change": Expect(Holds(SUPPLIER_B.name, SUPPLIER_FLOOR)),
        "new Supplier": Expect(_THREE),
        "network operator again": Expect(operator),
    }


SC_5 = Scenario("SC-5", "The counter issue on an ESME", sc_5, {"esme": _expect_5()})
SC_6 = Scenario(
    "SC-6",
    "The counter issue on a GPF and a GSME",
    sc_6,
    {kind: _expect_6(kind) for kind in ("esme", "gpf", "gsme")},
)
