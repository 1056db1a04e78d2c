"""What the device's cryptography, the link and a handover cost, measured."""
