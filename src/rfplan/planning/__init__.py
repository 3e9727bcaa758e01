"""Needles, applications and plans; techniques that make them and the evaluation that judges them."""
