"""How bytes lie: strides, offsets and sizes of a format in a modifier."""
