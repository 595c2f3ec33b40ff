"""The requests of activating hosts go in; how a live index holds out when many hosts activate at once comes out."""
