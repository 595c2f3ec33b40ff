"""The measurements of a load go in; whether the server carries as many hosts as the site has comes out."""
