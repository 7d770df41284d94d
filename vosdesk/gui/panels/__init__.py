"""The lists beside the canvas."""
