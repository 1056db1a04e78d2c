"""A GB smart meter's security core: trust anchor cells, Originator Counters, GBCS messages."""

VERSION = "0.1.0"
