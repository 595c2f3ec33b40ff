"""What a record holds beside the outcomes of its checks."""
