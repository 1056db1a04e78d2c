"""A test PKI to the SMKI certificate profiles."""
