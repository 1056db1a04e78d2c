"""A GB smart meter's security core: trust anchor cells, Originator Counters, GBCS messages."""

import gc

VERSION = "0.1.0"

# Where modules are compiled from source the parse trees that they leave behind would cut a small
# heap into pieces too small for the next one, but for early collections. A board's `loaded` ends
# this; CPython has no such thing.
if hasattr(gc, "threshold"):
    gc.threshold(4096)
