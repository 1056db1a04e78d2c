"""How fast commands wear a device's flash, by kind of store."""
