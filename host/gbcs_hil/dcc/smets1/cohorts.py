"""The three S1SPs and whom they serve (S107-9)."""

from types import MappingProxyType

S1SP_OF_COHORT = MappingProxyType({"IOC": "S1SP1", "MOC": "S1SP2", "FOC": "S1SP3"})
"""Initial, Middle and Final Operating Capability. Which S1SP has which is inferred: the Full
Impact Assessment numbers S1SPs 1 to 3 and names the cohorts, but does not say who is who."""

S1SPS = tuple(S1SP_OF_COHORT.values())
COHORT_OF_S1SP = MappingProxyType({s1sp: cohort for cohort, s1sp in S1SP_OF_COHORT.items()})
