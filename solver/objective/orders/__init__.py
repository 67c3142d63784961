"""Terms about orders of formats and modifiers: the pipeline's, and the drivers'."""
