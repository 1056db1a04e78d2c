"""The three S1SPs and whom they serve (S107-9)."""

from collections.abc import Mapping
from types import MappingProxyType

from gbcs_hil.dcc.policy import Policy, S1spName


def s1sp_of_cohort(policy: Policy) -> dict[str, S1spName]:
    """Return who has the Initial, Middle and Final Operating Capability cohorts.

    The Full Impact Assessment numbers S1SPs 1 to 3 and names the cohorts, but does not say who
    is who: so it is the policy's to say.
    """
    return {"IOC": policy.ioc_s1sp, "MOC": policy.moc_s1sp, "FOC": policy.foc_s1sp}


S1SP_OF_COHORT = MappingProxyType(s1sp_of_cohort(Policy()))
S1SPS = tuple(S1SP_OF_COHORT.values())
COHORT_OF_S1SP: Mapping[str, str] = MappingProxyType(
    {s1sp: cohort for cohort, s1sp in S1SP_OF_COHORT.items()}
)
