"""The bench: targets, ports, the serial link and the boards at its end."""
