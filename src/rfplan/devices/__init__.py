"""Electrodes and generator protocols, and the catalogue of those in use."""
