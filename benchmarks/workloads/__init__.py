"""The networks of the training benchmark, once in every library: a file each, the same shapes and numbers in all."""
