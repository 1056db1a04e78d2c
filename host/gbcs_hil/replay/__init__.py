"""Feeding a device with what another one was sent, and comparing what they do."""
