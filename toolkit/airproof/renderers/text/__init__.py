"""From words and dates to text that a reader's language and terminal can show."""
