"""Playing reference vectors (RTDS) to an emulated device and comparing what it answers."""
