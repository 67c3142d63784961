"""From text to models: YAML and JSON that know their lines, put on top of each other, held to a schema."""
