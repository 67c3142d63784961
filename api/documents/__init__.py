"""What goes in and out of both interfaces: what is to be solved, answers and profiles as JSON."""
