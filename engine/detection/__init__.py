"""The search for backdoors: inversion, statistics, and what they found."""
