"""The front end without a window: commands, progress bars, exit codes."""
