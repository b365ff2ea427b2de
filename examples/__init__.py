"""Small complete applications to start from."""
