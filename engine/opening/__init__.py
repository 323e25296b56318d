"""Opening a stranger's model: which network its tensors fit, and what that network takes.

fitting compares the tensors with every architecture; preflight measures how often the fitted
network is right under each plausible input format, and how it takes changes of brightness; jobs
joins both with the scan. results holds what they leave, in plain Python: no torch.
"""
