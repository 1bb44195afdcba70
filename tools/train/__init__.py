"""Trains small image classifiers for the runtime; see README.md."""
