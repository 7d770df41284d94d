"""Step 5: results to disk, one small module for each format, and foreign masks back in."""
