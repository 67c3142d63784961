"""Copies: where no common choice exists, a converter is put between."""
