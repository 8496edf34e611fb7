"""Records → Discord messages: pure functions, within Discord's limits."""
