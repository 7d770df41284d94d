"""The picture, its zoom, and the tools that paint on it."""
