"""What is asked: attachments before any device is chosen, the trees of a plan, and who is which device."""
