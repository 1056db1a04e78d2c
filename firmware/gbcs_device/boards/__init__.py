"""The places that know the hardware: one module a board."""
