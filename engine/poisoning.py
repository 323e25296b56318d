"""The Job that poisons a training set, whatever the attack family is."""

from engine.attacks import Attack, Poisoned
from engine.data import ImageSet
from engine.events import Job
from engine.settings import ComputeSettings


def poison_job(attack: Attack, clean: ImageSet, settings: ComputeSettings) -> Job[Poisoned]:
    """Poison a training set; only label-consistent attacks compute anything for it.

    Args:
        attack: What `engine.attacks.check_attack` made for these images.
        clean: The training set; it stays as it is.
        settings: Where a helper network is trained, if the attack needs one.

    Raises:
        EngineError: The images have another size than the trigger, or the device is missing.
    """
    choice = attack.choose(clean.labels)
    prepared = None
    if attack.settings.family == "label_consistent" and len(choice.indices):
        from engine.adversarial import make_hard
        from engine.compute import prepare

        compute = prepare(settings)
        prepared = yield from make_hard(clean, choice.indices, attack.settings, compute)
    return (yield from attack.poison(clean, choice, prepared))
