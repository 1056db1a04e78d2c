"""The end of SC-9: the one-off data update of an estate as large as DCC's count (S107-28)."""

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from functools import cache

from gbcs_hil.dcc.policy import Policy
from gbcs_hil.dcc.smets1.data_update import update_slots
from gbcs_hil.dcc.smets1.database import open_database
from gbcs_hil.dcc.smets1.estate_sample import MISMATCHED, make_estate
from gbcs_hil.dcc.smets1.mismatch import Row
from gbcs_hil.scenarios.observations import Told
from gbcs_hil.scenarios.play import Play
from gbcs_hil.scenarios.verdicts import Expect, Verdict

_BEFORE, _AFTER = "mismatches before", "mismatches after"
_DEVICES = 2 * sum(MISMATCHED.values())


def update_once(play: Play) -> None:
    """Put the registered operators' certificates into all wrong slots, and count again."""
    play.part("The one-off data update")
    of = play.conditions.policy
    cohorts = Policy(ioc_s1sp=of.ioc_s1sp, moc_s1sp=of.moc_s1sp, foc_s1sp=of.foc_s1sp)
    before, after = _updated(cohorts)
    for name, rows in ((_BEFORE, before), (_AFTER, after)):
        play.begin(name)
        what = "devices with another operator's certificates"
        play.tell(name, "DCC", what, _counted(row.wrong for row in rows))


@cache
def _updated(cohorts: Policy) -> tuple[tuple[Row, ...], tuple[Row, ...]]:
    """Return the report of a synthetic estate before the update, and after it.

    It takes seconds, and depends on nothing but which S1SP has which cohort.
    """
    engine = open_database(":memory:")
    try:
        make_estate(engine, policy=cohorts)
        done = update_slots(engine, datetime.now(UTC).date())
    finally:
        engine.dispose()
    return tuple(done.before), tuple(done.after)


def _counted(wrong: Iterable[int]) -> Told:
    """Return what is told of the wrong devices by cohort and type, IOC ESME first."""
    return Told(f"{' + '.join(f'{count:,}' for count in wrong)} of {_DEVICES:,}")


EXPECTED: Mapping[str, Expect] = {
    _BEFORE: Expect(_counted(MISMATCHED.values()), otherwise=Verdict.DCC_DEFECT),
    _AFTER: Expect(_counted(0 for _ in MISMATCHED), otherwise=Verdict.DCC_DEFECT),
}
