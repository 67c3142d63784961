"""How planes lie: strides, offsets, how many buffers."""
