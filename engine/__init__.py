"""Backdoor attacks on image classifiers and the search for them, without any window."""

VERSION = "0.1.0"
