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

# Fewer steps than it takes a mask to settle: every mask of a network is then larger by about the
# same factor, which the verdict takes out; benchmarks/schedules.py measures how steady the order
# of the classes remains. Nor do classes leave early (`stall` is all steps): those that did would be
# of other sizes than their neighbours, which scatters masks several times as much for fewer passes.
_STANDARD = Schedule(
    together=True, steps=100, batches=1, images=20, learning_rate=0.13, window=10,
    penalty=0.03, penalty_waits=False, patience=1, raised_by=1.1, lowered_by=1.3, stall=100,
)  # fmt: skip
PRESETS = {
    "quick": replace(_STANDARD, steps=80, images=10, learning_rate=0.2, window=6, stall=80),
    "standard": _STANDARD,
    "map": _STANDARD,  # the classes' part, which a finished Standard scan can stand for
    # As in the code that Wang et al. published: 1000 samples in batches of 32 make a step, lambda
    # x 2 and / 2^1.5 after five steps, an end after 25 steps without a smaller mask.
    "paper": Schedule(
        together=False, steps=1000, batches=31, images=32, learning_rate=0.1, window=31,
        penalty=1e-3, penalty_waits=True, patience=5, raised_by=2.0, lowered_by=2.0**1.5, stall=25,
    ),
}  # fmt: skip


# Every pair of a source and a target; the sizes are compared, so they need not be the least.
PAIRS = replace(_STANDARD, steps=56, images=6, learning_rate=0.25, window=5, stall=56)
MOST_PAIRS_AT_ONCE = 132  # those of a dozen classes
BRIEF_PAIRS = (replace(PAIRS, steps=24, images=3, stall=24), replace(PAIRS, steps=32, stall=32))

# Few attacks on a single pair succeed on all of its images: to want nearly all makes the search
# pay for what the planted trigger does not do itself, and its mask no smaller than a clean one.
# Seen on thirty images, so that 27 must turn, or 28 where rounding has it so.
MOST_SUCCESS_OF_PAIRS = 0.9

# Images of neither the source nor the target that a pair's trigger is tried on, together.
IMAGES_ELSEWHERE = 80

# More images in one batch take more memory and no less time for each. Large ones take more of it:
# the pairs of ten classes at 32 x 32 still fit.
MOST_IMAGES_AT_ONCE, MOST_PIXELS_AT_ONCE = 1200, 600 * 32 * 32

# Steps of the pattern beneath each hard mask once the search is over, see hard_masks. Quick cuts
# the masks and leaves the patterns.
REFIT_STEPS = {"quick": 0, "standard": 10, "map": 10, "paper": 10}
REFIT_IMAGES, REFIT_RATE = 16, 0.3


def schedule_of(settings: DetectSettings) -> Schedule:
    """The schedule that the settings' preset names."""
    return PRESETS[settings.preset]


def search_classes_alike(one: str, other: str) -> bool:
    """Whether two presets find the same masks for the classes, whatever else they search."""
    return PRESETS[one] == PRESETS[other] and REFIT_STEPS[one] == REFIT_STEPS[other]


def searches_at_once(schedule: Schedule, pixels: int) -> int:
    """How many searches share a batch; at least one.

    Args:
        schedule: Of the searches.
        pixels: Height times width of the images.
    """
    if not schedule.together:
        return 1
    return max(images_at_once(pixels) // schedule.images, 1)


def images_at_once(pixels: int) -> int:
    """How many images of so many pixels each may share a batch; at least one."""
    return max(min(MOST_IMAGES_AT_ONCE, MOST_PIXELS_AT_ONCE // pixels), 1)


def success_of_pairs(settings: DetectSettings) -> float:
    """Share of a source's images, 0..1, that the trigger of a pair must turn into the target."""
    return min(settings.success_threshold, MOST_SUCCESS_OF_PAIRS)


def stages_of_pairs(pairs: int) -> tuple[tuple[Schedule, int], ...]:
    """The stages of a pair map: each a schedule, and how many pairs take part in it.

    Those of a dozen classes have one stage. Of more, whose pairs grow with their square, all are
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
