"""Backdoor attacks on image classifiers and the search for them, without any window."""
