"""Which modifications of the Smart Energy Code the DCC's systems carry, one switch each."""

import msgspec


class Policy(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What the DSP does; every switch can be off, so that a run shows before and after.

    Attributes:
        mp128a: the DSP records the Originator Counter of a 6.15.1 that placed ACB
            certificates and originates a later 6.21 with a higher one (MP128A-13, MP128A-14).
    """

    mp128a: bool = True
