"""Who gets a digest, where and when; and the result of each delivery."""
