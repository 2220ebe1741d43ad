"""What an administrator can change, and the clock."""

from cabinet.config.clock import Clock
from cabinet.config.settings import Mode, Settings, SettingsError, load

__all__ = ["Clock", "Mode", "Settings", "SettingsError", "load"]
