"""Frames, rigid transforms, polylines, implicit shapes and meshes. Knows nothing of anatomy."""
