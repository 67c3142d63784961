"""The JSON documents of both doors."""
