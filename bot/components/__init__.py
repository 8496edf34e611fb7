"""Parts of Discord's interface that several features share: forms, panels, error replies."""

__all__ = [
    "discord_errors",
    "error_reply",
    "membership",
    "modals",
    "persistent",
    "removed_embeds",
    "settings_panel",
]
