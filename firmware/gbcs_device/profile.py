"""Settings for what the public text of GBCS leaves open, and the profiles made of them.

Each setting names its values, the default first, and says where the default comes from. A
profile is data: a name and the settings in which it differs from the defaults. The device
keeps its profile in its store, so that it behaves the same after a power cut.
"""

SETTINGS = {
    # What becomes of a role's execution counter when [4] or [6] of a CS02b names a floor.
    # "apply" sets it, up or down, as the reference vectors echo floors below the counter just
    # used; "keep-network-operator" ignores it for the network operator, the behaviour that
    # device assurance lists as tolerated and common (SMDA-246, SMDA-252).
    "floor": ("apply", "keep-network-operator"),
    # Whether a new owner in a cell sets its role's counter to 0 where no floor is named.
    # "keep" follows from the same SMDA issue: nothing resets unless told to.
    "owner-change": ("keep", "reset-counter"),
    # Whether floors count when not one cell could be replaced. The vectors list them in the
    # response all the same, so the default applies them.
    "floor-when-all-fail": ("apply", "ignore"),
    # Whether notBefore and notAfter are checked. GBCS 13.3.5 lets a command disapply the
    # checks; "never" is for the reference vectors, whose clock stands before their
    # certificates' notBefore.
    "time-checks": ("as-commanded", "never"),
    # Which certificate roles fit a cell of another role. An ACB certificate in a supplier or
    # network operator cell is how MP128A and the factory state of a GPF work.
    "certificate-role": ("cell-role-or-acb", "any"),
    # Whether CS02a is protected against replay and moves the counter of the role that
    # authorised it. The read-out in the vectors shows 0 for the ACB right after its command.
    "cs02a-replay-protection": ("off", "on"),
    # What happens to a command with an executionDateTime that has passed.
    "past-execution-date": ("execute-now", "refuse"),
}

PROFILES = {
    "P-FLOOR": {},
    "P-KEEP": {"floor": "keep-network-operator"},
    "P-ZERO": {"owner-change": "reset-counter"},
}

DEFAULT = "P-FLOOR"


def settings(name: str = DEFAULT, overrides: dict = {}) -> dict:  # noqa: B006 - only read
    """Return every setting's value under a profile and what overrides it.

    Raises:
        ValueError: no such profile, setting or value.
    """
    if name not in PROFILES:
        raise ValueError("no profile %s; there are %s" % (name, ", ".join(sorted(PROFILES))))
    chosen = {}
    for key in SETTINGS:
        chosen[key] = SETTINGS[key][0]
    for source in (PROFILES[name], overrides):
        for key in source:
            if key not in SETTINGS:
                raise ValueError("no setting %s" % key)
            if source[key] not in SETTINGS[key]:
                raise ValueError(
                    "setting %s is one of %s, not %s"
                    % (key, ", ".join(SETTINGS[key]), source[key])
                )
            chosen[key] = source[key]
    return chosen
