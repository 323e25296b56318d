"""Attack families: each turns a clean training set into a poisoned one."""

from engine.attacks.patch import Poisoned, choose, poison

__all__ = ["Poisoned", "choose", "poison"]
