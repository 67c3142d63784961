"""What is asked: pipelines, pins and live buffers, resolved against a board."""
