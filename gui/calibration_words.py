"""What the Calibrate page and its offer say."""

from engine import data
from engine.detection.bounds import LEAST_FOR_LIKELY
from engine.detection.calibrate import Standing
from engine.detection.results import Basis
from engine.settings import ExperimentSettings
from gui import words
from gui.calibration_state import OwnValues

TITLE = "Calibrate"
WHY = (
    "A verdict needs to know what clean networks look like: how small a mask they need for each"
    " class without any backdoor. Calibrate trains some on the same data, each in its own way, and"
    " searches each exactly like yours. What is finished stays, so that you can stop at any time"
    " and go on later."
)
NETWORKS_TIP = (
    f"20 are usual. Among N clean networks no chance below 1 in N + 1 can be told, so"
    f" {LEAST_FOR_LIKELY} are the least for a backdoor to be called likely; more make it finer."
)
PLACEHOLDER = (
    "A band for each class will appear here. It grows with every clean network, from the smallest"
    " mask that any of them needs to the largest."
)
PRESS_START, FIRST_IN_WORK = "Press Start.", "The first network is not finished yet."
TIP = (
    "A verdict needs to know what clean networks look like. This trains some on the same data,"
    " without a backdoor, and searches each like yours: their masks are the yardstick. It takes"
    " {}, once for each data set and network. Ctrl+K."
)
NOT_NEEDED = "You need not calibrate: {} clean networks for this come with the program."
OF_OTHERS = "clean networks of other architectures"
CHART_HEADING = "Smallest masks of the clean networks: a band for all of them, a dot for the newest"


def purpose(settings: ExperimentSettings, found: Standing | None) -> str:
    """What the networks are good for.

    Args:
        settings: That they are made with.
        found: What is there, or None while the images are not loaded.
    """
    detect = settings.detect
    preset = detect.preset if found is None else found.preset
    presets = "presets Standard and Map" if preset == "map" else f"preset {preset.capitalize()}"
    return (
        f"For {data.title_of(settings.data)}, the network {settings.train.architecture}, and the"
        f" {presets} on {detect.images:,} images"
    )


def tip(found: Standing | None) -> str:
    """What Calibrate does and what it costs, as far as that is known."""
    seconds = None if found is None or not found.missing else found.seconds
    return TIP.format("minutes" if seconds is None else f"about {words.duration(seconds)} here")


def placeholder(running: str | None, ships: int = 0) -> str:
    """What will be where the chart is, and how it comes about; nobody is urged who need not."""
    idle = "" if ships else PRESS_START
    more = {None: idle, "calibrate": FIRST_IN_WORK}.get(running, "")
    return f"{PLACEHOLDER}\n\n{more}".strip()


def at_work(done: int, wanted: int, *, is_paused: bool = False) -> str:
    """How far a calibration is that goes on."""
    more = "the calibration is paused" if is_paused else "the next one is being made"
    return f"{done} of {wanted} clean networks are finished; {more}."


def state(
    found: Standing | None,
    wanted: int,
    scan: str,
    training: float | None = None,
    ships: int = 0,
) -> str:
    """How far a calibration is that does not run.

    Args:
        found: What is there, or None while the images are not loaded.
        wanted: How many networks there shall be.
        scan: What the open scan is to it: "judged" with these networks, "waiting" for them,
            "other" (made with other settings), or nothing.
        training: Seconds that one training takes here, or None while that is not known.
        ships: How many clean networks for this come with the program.
    """
    if found is None:
        return "The images are being loaded."
    if ships and not found.networks:
        takes = "" if found.seconds is None else f" It takes about {words.duration(found.seconds)}."
        return f"{NOT_NEEDED.format(ships)} You can make {wanted} of your own all the same.{takes}"
    if found.missing == 0:
        more = {
            "judged": " The open scan was judged with them.",
            "waiting": " Start judges the open scan with them; nothing is scanned again.",
        }.get(scan, "")
        return f"All {len(found.networks)} clean networks are finished.{more}"
    there = wanted - found.missing
    said = f"{there or 'None'} of {wanted} clean networks {'is' if there == 1 else 'are'} finished."
    which = "The others take" if there else "They take"
    if found.seconds is None:
        return f"{said} The first tells how long {which.lower()}."
    takes = f"{said} {which} about {words.duration(found.seconds)}"
    if there or not training:
        return f"{takes}."
    trainings = max(round(found.seconds / training), 2)
    return f"{takes}, as long as about {trainings} plain trainings."


def notes(
    ships: int, wanted: int, scan: str, own: OwnValues | None, *, is_begun: bool = True
) -> str:
    """What a person would want to know before starting, or nothing.

    Args:
        ships: How many clean networks for this come with the program.
        wanted: How many there shall be.
        scan: As for `state`.
        own: The preset's own values, where clean networks are known for those only.
        is_begun: Whether one of the person's own is there; `state` tells of the others until then.
    """
    said = []
    if own is not None:
        which = "clean networks" if own.kind == "references" else OF_OTHERS
        said.append(
            f"{own.networks} {which} are known for {values(own)}: a scan with the preset's own"
            " values needs no calibration."
        )
    if ships and is_begun:
        said.append(f"{NOT_NEEDED.format(ships)} Scans take those first.")
    if wanted < LEAST_FOR_LIKELY:
        said.append(f"With fewer than {LEAST_FOR_LIKELY} a verdict is never more than suspicious.")
    if scan == "other":
        said.append("The open scan was made with other settings; scan again afterwards.")
    return " ".join(said)


def values(own: OwnValues) -> str:
    """Those of a preset's own values that are not the present ones: "1,000 images"."""
    said = []
    if own.settings.images != own.present.images:
        said.append(f"{own.settings.images:,} images")
    if own.settings.success_threshold != own.present.success_threshold:
        said.append(f"{words.share(own.settings.success_threshold)} success")
    return " and ".join(said)


def offer(
    found: Standing | None,
    settings: ExperimentSettings,
    basis: Basis,
    own: OwnValues | None = None,
) -> str:
    """The sentence beside the verdict of a scan that had no clean networks of its own kind.

    Args:
        found: What there is of a calibration, or None while the images are not loaded.
        settings: What the networks would be made with.
        basis: What was compared; networks of its own kind with a map that they have no pairs for.
        own: The preset's own values, where clean networks are known for those.
    """
    name = data.title_of(settings.data)
    clean = f"clean {settings.train.architecture} networks for {name}"
    there = 0 if found is None else len(found.networks)
    if found is not None and found.missing == 0:
        return f"{there} {clean} are finished now."
    why = {
        "none": "this is a suspicion at most",
        "borrowed": "this rests on networks of another architecture",
        "references": "the pairs are not judged",
    }[basis]
    makes = f"Calibrate makes {_missing(found)}, and judges this scan again."
    if own is not None:
        which = clean if own.kind == "references" else f"{OF_OTHERS} for {name}"
        known = f"{own.networks} {which} are known, but for {values(own)}, so {why}."
        return f"{known} Scan again with {values(own)}, or {makes}"
    which = " with a map of pairs" if basis == "references" else ""
    if found is not None and there:
        of = f"{there} of {there + found.missing}"
        return f"Only {of} {clean}{which} are finished yet, so {why}. {makes}"
    return f"No {clean}, scanned like this one{which}, are known, so {why}. {makes}"


def _missing(found: Standing | None) -> str:
    """What a calibration would make, and how long that takes."""
    if found is None:
        return "some"
    what = f"the other {found.missing}" if found.networks else "some"
    return what if found.seconds is None else f"{what}, in about {words.duration(found.seconds)}"
