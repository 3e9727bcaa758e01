"""The C-arm and the radiograph that it takes."""
