"""From a record of what a device did to what is wrong with it."""
