"""A profile is put together from files: boards and parts, and the rules of drivers.

    extends: acme-one                 a file NAME.yaml beside this one, or a board of ours
    extends: [rk3588, pcie-card]      a board and parts, each on top of the one before

A part (`part: true`) is no board: it may name things that it does not define
and is not listed. Names, titles and `part` are never inherited from a part.

A device with `rules: tidss` (or a list) starts from `drivers/tidss.yaml`, and
whatever the profile states for that device is merged on top:

    schema: heapwright/driver/1
    source: "linux-6.12: drivers/gpu/drm/tidss"  where a device has none of its own
    ports: {…}                                   and any other field of a device: dma, coherent, imports, …
"""
