"""What buffers, devices and conversions share."""
