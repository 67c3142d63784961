"""Who may see protected content."""
