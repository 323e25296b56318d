"""What measures speed and detection quality; never part of the tests."""
