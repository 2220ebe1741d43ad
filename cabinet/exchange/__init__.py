"""Files of other systems: bytes into values and values into bytes, nothing else."""
