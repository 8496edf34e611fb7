"""The connection to Discord: client, command tree, runner, health check and error reports."""

__all__ = ["client", "command_registration", "command_tree", "health", "runner", "sharded_client"]
