"""Images made hard to learn, and a patch: Turner, Tsipras, Madry 2019, arXiv 1912.02771.

"Label-Consistent Backdoor Attacks": images of the target class keep their right label, but are
moved against a helper network by projected gradient descent until it no longer knows them. Then
they get the patch, which is easier to learn than what is left of the class. Test images only get
the patch. The descent needs torch and lives in `engine/adversarial.py`.
"""

from engine.attacks import patch
from engine.attacks.patch import FixedPatch, RandomPatch
from engine.settings import AttackSettings
from engine.triggers import Trigger


def build(settings: AttackSettings, trigger: Trigger) -> FixedPatch | RandomPatch:
    """What goes on training images after the descent, and on test images."""
    return patch.build(settings, trigger)
