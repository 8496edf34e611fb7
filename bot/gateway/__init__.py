"""The connection to Discord: the client, its command tree, and how it is started and watched."""
