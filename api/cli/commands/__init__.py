"""What each command does. `app` imports one when it runs, so that `--help` answers at once."""
