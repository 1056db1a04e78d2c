"""All scenarios, by name."""

from collections.abc import Mapping

from gbcs_hil.errors import BadInput
from gbcs_hil.scenarios.baseline_replay import SC_1
from gbcs_hil.scenarios.counter_bounds import SC_11, SC_12
from gbcs_hil.scenarios.first_network_operator import SC_5, SC_6
from gbcs_hil.scenarios.future_dated import SC_13
from gbcs_hil.scenarios.handover import SC_2, SC_3, SC_4
from gbcs_hil.scenarios.leaving_in_bulk import SC_14
from gbcs_hil.scenarios.power_cuts import SC_10
from gbcs_hil.scenarios.recovery import SC_16
from gbcs_hil.scenarios.registered_operator import SC_8
from gbcs_hil.scenarios.scenario import Scenario
from gbcs_hil.scenarios.smets1_update import SC_9
from gbcs_hil.scenarios.solr_contingency import SC_15
from gbcs_hil.scenarios.wrong_region import SC_7

SCENARIOS: Mapping[str, Scenario] = {
    scenario.name: scenario
    for scenario in (
        SC_1,
        SC_2,
        SC_3,
        SC_4,
        SC_5,
        SC_6,
        SC_7,
        SC_8,
        SC_9,
        SC_10,
        SC_11,
        SC_12,
        SC_13,
        SC_14,
        SC_15,
        SC_16,
    )
}


def named(name: str) -> tuple[Scenario, ...]:
    """Return the scenario of a name such as "SC-2" or "2", or all of them for "all".

    Raises:
        BadInput: there is none.
    """
    if name.lower() == "all":
        return tuple(SCENARIOS.values())
    wanted = f"SC-{name.upper().removeprefix('SC').lstrip('-')}"
    if wanted not in SCENARIOS:
        raise BadInput(f"no scenario {name}; there are {', '.join(SCENARIOS)} and all")
    return (SCENARIOS[wanted],)
