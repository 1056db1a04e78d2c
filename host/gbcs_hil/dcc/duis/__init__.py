"""Service Requests as DUIS XML: read, written, signed, explained, and taken at a gateway."""
