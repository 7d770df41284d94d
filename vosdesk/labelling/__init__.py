"""Step 3: reference pixels in, labels of every frame out, by nearest-neighbour search."""
