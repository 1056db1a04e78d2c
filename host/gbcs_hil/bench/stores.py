"""The names of what an emulated board may keep its state on."""

STORES = ("lfs", "raw2", "nvs")
"""What it may be kept on; docs/counter-store.md tells them apart."""

BAD_STORES = ("naive", "ram", "stock-rp2-boot")
"""Stores that lose it, deliberately."""
