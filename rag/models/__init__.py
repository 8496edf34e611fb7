"""Which model files are recommended, how they are downloaded, and how one is tried out."""
