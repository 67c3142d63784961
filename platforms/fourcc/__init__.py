"""Pixel formats and modifiers as drm_fourcc.h and videodev2.h name them: facts, no layout arithmetic."""
