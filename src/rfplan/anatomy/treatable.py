"""What a technique needs to know of whom it treats."""

from __future__ import annotations

from rfplan.anatomy.patient import Patient
from rfplan.anatomy.virtual_ground import VirtualGround

Treatable = Patient | VirtualGround
"""A patient with meshed bones, or a virtual one straight from its dimensions; both answer to the same names."""
