"""Step 1, video in: exact frames by index, from files and from folders of images."""
