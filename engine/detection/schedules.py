"""How long and how hard Neural Cleanse searches: the presets."""

from dataclasses import dataclass, replace

from engine.settings import DetectSettings


@dataclass(frozen=True)
class Schedule:
    """The course of one inversion.

    Attributes:
        together: All classes in one batch; otherwise one class after the other.
        steps: At most so many steps for each class.
        batches: Optimiser updates in a step, each on new images.
        images: Images of each class's batch.
        learning_rate: Of Adam.
        window: Batches over which the success is averaged.
        penalty: The first lambda, the weight of the mask's L1 norm.
        penalty_waits: Lambda is 0 until the class has succeeded for `patience` steps in a row.
        patience: So many good (or bad) steps in a row raise (or lower) lambda.
        raised_by: Factor by which lambda rises.
        lowered_by: Divisor by which it falls.
        stall: A class is done when its best mask has not shrunk for so many steps.
    """

    together: bool
    steps: int
    batches: int
    images: int
    learning_rate: float
    window: int
    penalty: float
    penalty_waits: bool
    patience: int
    raised_by: float
    lowered_by: float
    stall: int


LEAST_PENALTY, GREATEST_PENALTY = 1e-5, 1.0
ADAM_BETAS = (0.5, 0.9)

PRESETS = {
    "quick": Schedule(
        together=True, steps=66, batches=1, images=16, learning_rate=0.3, window=4,
        penalty=0.03, penalty_waits=False, patience=1, raised_by=1.1, lowered_by=1.3, stall=66,
    ),
    "standard": Schedule(
        together=True, steps=128, batches=1, images=32, learning_rate=0.1, window=8,
        penalty=0.03, penalty_waits=False, patience=1, raised_by=1.1, lowered_by=1.3, stall=128,
    ),
    # The classes' part of a map; the pairs follow.
    "map": Schedule(
        together=True, steps=128, batches=1, images=32, learning_rate=0.15, window=8,
        penalty=0.03, penalty_waits=False, patience=1, raised_by=1.1, lowered_by=1.3, stall=128,
    ),
    # As in the code that Wang et al. published: 1000 samples in batches of 32 make a step, lambda
    # x 2 and / 2^1.5 after five steps, an end after 25 steps without a smaller mask.
    "paper": Schedule(
        together=False, steps=1000, batches=31, images=32, learning_rate=0.1, window=31,
        penalty=1e-3, penalty_waits=True, patience=5, raised_by=2.0, lowered_by=2.0**1.5, stall=25,
    ),
}  # fmt: skip


# Every pair of a source and a target; the sizes are compared, so they need not be the least.
PAIRS = Schedule(
    together=True, steps=80, batches=1, images=12, learning_rate=0.2, window=4,
    penalty=0.03, penalty_waits=False, patience=1, raised_by=1.1, lowered_by=1.3, stall=80,
)  # fmt: skip
MOST_PAIRS_AT_ONCE = 132  # those of a dozen classes
BRIEF_PAIRS = (
    replace(PAIRS, steps=24, images=4, stall=24), replace(PAIRS, steps=40, images=8, stall=40),
)  # fmt: skip

# More images in one batch take more memory and no less time for each. Large ones take more of it.
MOST_IMAGES_AT_ONCE, MOST_PIXELS_AT_ONCE = 1200, 2**20

# Steps of the pattern beneath each hard mask once the search is over, see hard_masks. Quick cuts
# the masks and leaves the patterns.
REFIT_STEPS = {"quick": 0, "standard": 10, "map": 10, "paper": 10}
REFIT_IMAGES, REFIT_RATE = 16, 0.3


def schedule_of(settings: DetectSettings) -> Schedule:
    """The schedule that the settings' preset names."""
    return PRESETS[settings.preset]


def searches_at_once(schedule: Schedule, pixels: int) -> int:
    """How many searches share a batch; at least one.

    Args:
        schedule: Of the searches.
        pixels: Height times width of the images.
    """
    if not schedule.together:
        return 1
    images = min(MOST_IMAGES_AT_ONCE, MOST_PIXELS_AT_ONCE // pixels)
    return max(images // schedule.images, 1)


def stages_of_pairs(pairs: int) -> tuple[tuple[Schedule, int], ...]:
    """The stages of a pair map: each a schedule, and how many pairs take part in it.

    A dozen classes are searched at once. Of more, whose pairs grow with their square, all are
    searched briefly on few images, the quarter with the smallest masks for longer, and a quarter
    of those in full: a backdoor's pair is among the smallest long before its search is done.
    """
    if pairs <= MOST_PAIRS_AT_ONCE:
        return ((PAIRS, pairs),)
    stages = []
    for schedule in (*BRIEF_PAIRS, PAIRS):
        stages.append((schedule, pairs))
        pairs = max(pairs // 4, min(pairs, MOST_PAIRS_AT_ONCE))
    return tuple(stages)


def passes_of_pairs(classes: int) -> int:
    """Image passes of a map of all pairs of two classes."""
    stages = stages_of_pairs(classes * (classes - 1))
    return sum(pairs * one.steps * one.batches * one.images for one, pairs in stages)


def passes_of_map(classes: int) -> int:
    """Image passes of the preset "map": those of the classes and those of all their pairs."""
    one = PRESETS["map"]
    return classes * one.steps * one.batches * one.images + passes_of_pairs(classes)
