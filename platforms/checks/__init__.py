"""What needs the whole profile to judge: names that lead nowhere, numbers that cannot be, firewalls that are undone."""
