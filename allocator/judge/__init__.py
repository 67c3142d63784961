"""A board made of its profile, in two moods.

*JudgedPlatform* is the oracle: memory at its unluckiest, promises taken literally.
*Board* does what a real kernel does, luck, errno and wording included.
"""
