"""From what a machine, or a file about it, tells to a profile.

`records` are the facts as they were read, whoever read them: the running kernel
(`heapwright.allocator.linux.discover`), a device tree (`dtb`), `drm_info -j` (`drm_info`) or
`v4l2-ctl` (`v4l2_ctl`). `assemble` makes the profile; what nobody told it takes from
`knowledge` (driver-knowledge, cited) or leaves `unknown`.
"""
