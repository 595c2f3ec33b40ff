"""What hosts ask when they activate goes in; how a live index holds out when many of them do it at once comes out."""
