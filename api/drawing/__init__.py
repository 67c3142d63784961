"""A board drawn for a person: where its memories lie, what allocates from them, who reaches what."""
