"""The interfaces: command line and HTTP. Thin: parse, call, map (design §9)."""
