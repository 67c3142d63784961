"""Other systems' cases, put to our solver in our own words."""
