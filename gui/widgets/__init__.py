"""The pieces that the tabs are made of."""
