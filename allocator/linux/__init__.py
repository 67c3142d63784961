"""The running machine: real heaps, real devices, real descriptors.

`control` and `uapi` speak ioctl, `dmabuf` owns one buffer, `exporters/` make them,
`bounds` keeps a request within what the machine has. Everything here is Linux alone.
"""
