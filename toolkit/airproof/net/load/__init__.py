"""GETs of one host go in; their times and sizes come out, and no byte of what arrived is kept."""
