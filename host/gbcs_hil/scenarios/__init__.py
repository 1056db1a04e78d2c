"""The investigator's scripts as functions over a bench; what they expect is data."""
