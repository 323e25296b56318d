"""Tests that act on the window as a person does."""
