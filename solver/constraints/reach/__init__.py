"""Which memory a device reaches."""
