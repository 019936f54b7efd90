"""Golden conversations and the test that plays them."""
