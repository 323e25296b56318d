"""The window: shows what the engine does, and holds no mathematics of its own."""
