"""The profiles, and the single settings whose effect the model knows."""

PROFILES = {
    "P-FLOOR": {},
    "P-KEEP": {"floor": "keep-network-operator"},
    "P-ZERO": {"owner-change": "reset-counter"},
}

MODELLED = (
    ("floor-meaning", "first-allowed"),
    ("floor-when-all-fail", "ignore"),
    ("prepayment-floor-absent", "follow-floor"),
    ("recovery-replay-protection", "off"),
    ("cs02a-replay-protection", "on"),
    ("sequence-number", "not-checked"),
    ("replacement-mode", "not-checked"),
    ("future-dated-counter", "at-execution"),
    ("pending-command", "by-originator"),
    ("authorising-cell-at-execution", "not-checked"),
    ("past-execution-date", "refuse"),
    ("time-checks", "never"),
    ("certificate-role", "any"),
    ("status-out-of-validity", "127"),
    ("status-wrong-certificate", "127"),
    ("cell-outside-mode", "status-25"),
    ("cell-named-twice", "refuse-command"),
    ("cells-of-a-role", "together"),
    ("root-rollover", "never"),
    ("gpf-prepayment-cell", "absent"),
    ("der-lengths", "tolerant"),
    ("replay-alert", "supplier"),
)
