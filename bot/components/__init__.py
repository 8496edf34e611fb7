"""Parts of Discord's interface that several features share: forms, panels, error replies."""

__all__ = ["error_reply", "modals", "persistent", "settings_panel"]
