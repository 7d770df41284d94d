"""Step 2: a network gives every pixel of every frame its embedding, once."""
