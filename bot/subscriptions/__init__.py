"""Who gets a digest, where and when; and what became of each one."""
