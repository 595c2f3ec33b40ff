"""What a load came to goes in; whether the server carries as many hosts as the site has comes out."""
