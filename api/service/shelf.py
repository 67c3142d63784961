"""Stub."""


class Shelf:
    def __init__(self, limit: int) -> None: ...
