"""Cuts of power at every flash operation of a command, and what must hold after each."""
