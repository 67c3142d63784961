"""Plans that contradict themselves, their question or the board, found before any memory is asked for.

A plan may come from anywhere. It is read in three passes, each of which trusts what
the one before found sound: the names in it, the numbers of each placement, and whether
it answers the question. What is left is for the board to refuse: a layout that a device
does not take, memory that it does not reach, heaps that are full.
"""
