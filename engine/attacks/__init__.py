"""Attack families: each turns a clean training set into a poisoned one."""

from engine.attacks.attack import Attack, Poisoned
from engine.attacks.checks import check_attack, known_trigger, make, poison, problems
from engine.attacks.choosing import Choice, choose
from engine.attacks.families import (
    FAMILIES,
    Family,
    as_stamped,
    is_placed_anew,
    poisons_nothing,
    uses_drawing,
)
from engine.attacks.wording import Goal, arrow, beside_drawing, goal, plan, plan_details

__all__ = [
    "FAMILIES",
    "Attack",
    "Choice",
    "Family",
    "Goal",
    "Poisoned",
    "arrow",
    "as_stamped",
    "beside_drawing",
    "check_attack",
    "choose",
    "goal",
    "is_placed_anew",
    "known_trigger",
    "make",
    "plan",
    "plan_details",
    "poison",
    "poisons_nothing",
    "problems",
    "uses_drawing",
]
