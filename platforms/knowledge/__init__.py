"""What the kernel does not tell of drivers and exporters, and whom it is about: `drivers/`, `exporters/`."""
