"""The house rules, as far as a program can check them."""
