"""What the directory promises, one promise a test; tests/x/test_y.py mirrors x/y.py."""
