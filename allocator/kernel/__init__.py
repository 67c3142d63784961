"""What a kernel would do with a plan: a board that pretends, call by call.

    board ── allocate, attach, map, release: the four calls of a backend
      ├── extents     free memory, and the pages that each allocator of the kernel takes of it
      ├── bus         masks, bounces, scatter lists
      ├── iova        addresses behind an IOMMU, by each allocator of the kernel
      ├── firewall    who gets through to which memory
      └── calls       what an ioctl makes of its arguments
    frames ── one frame through an allocation, written and read back at byte addresses
      └── accesses    who touches a placement, and which bytes

In mode `board` pages are as contiguous as was measured; in mode `judge` they are the worst that the profile allows.
"""
