"""What a scan found, in plain numpy: no torch, so that the window can open an old result."""

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from engine.detection.mask_forms import Form, forms_of, mean_form
from engine.opening.results import Preflight
from engine.settings import ComputeSettings, DetectSettings
from engine.triggers import Trigger

Outcome = Literal["likely", "suspicious", "not_found", "not_auditable"]
Basis = Literal["references", "borrowed", "none"]
Mapping = Literal["all-to-one", "all-to-all", "source-specific"]
DecidedBy = Literal["classes", "map"]


@dataclass(frozen=True, eq=False)
class HardTrigger:
    """A found trigger of whole pixels: its mask is cut at one half, its pattern refitted.

    Attributes:
        trigger: Mask of zeros and ones, and the pattern, unrounded floats.
        success: Share of held-out images of other classes that it turns into the class, 0..1.
    """

    trigger: Trigger
    success: float


@dataclass(frozen=True, eq=False)
class FoundTrigger:
    """The smallest trigger found for one class.

    Attributes:
        label: The class k that it turns other images into.
        trigger: Its mask and pattern, unrounded floats.
        mask_l1: L1 norm of the mask, in pixels.
        success: Share of held-out images of other classes that it turns into k, 0..1.
        converged: Whether it met the success threshold during the search.
        anomaly_index: The paper's index, one-sided: large means a suspiciously small mask. None
            where the class did not converge or too few classes did.
        z: The calibrated score against clean reference networks, or None without them.
        iou: Overlap with the true trigger, 0..1, or None where that is not known.
        usual: Between which sizes, in pixels, this class's mask lies in clean reference networks,
            moved to this network's level; None without them. Where what masks look like is judged,
            those of masks that look as usual.
        hard: The same trigger with whole pixels; None where no pixel of the mask is above a half.
        sizes: Of the masks of all searches, in pixels, all pixels where one found none; empty
            where one search was enough. The first is that of `trigger`.
        forms: What the masks of all searches look like; empty where one search was enough, whose
            mask tells it, and where an older version did not keep it.
        suspicious_size: Below which size, in pixels, this class alone makes a suspicion beside
            clean reference networks, if its mask looks as this one does; of several searches the
            mean (of the logarithms) counts. None without them, without a verdict, and where no mask
            could be so small.
        usual_form: What this class's masks look like in clean reference networks, the middle of
            each figure; None without them, and where theirs are not known.
    """

    label: int
    trigger: Trigger
    mask_l1: float
    success: float
    converged: bool
    anomaly_index: float | None
    z: float | None = None
    iou: float | None = None
    usual: tuple[float, float] | None = None
    hard: HardTrigger | None = None
    sizes: tuple[float, ...] = ()
    forms: tuple[Form, ...] = ()
    suspicious_size: float | None = None
    usual_form: Form | None = None

    def form_beside(self) -> tuple[Form, Form] | None:
        """What the mask looks like, and what is usual; None where either is not known."""
        if self.usual_form is None or not self.converged:
            return None
        return forms_of(self)[0], self.usual_form

    def judged_form(self) -> tuple[Form, Form] | None:
        """The same as it is judged: of several searches the mean."""
        if self.usual_form is None or not self.converged:
            return None
        return mean_form(self), self.usual_form


@dataclass(frozen=True)
class Verdict:
    """What the statistics say.

    Attributes:
        outcome: likely, suspicious, not_found or not_auditable.
        target: The class most likely to be a backdoor's target, or None.
        p_value: Chance of such an outlier in a clean network, 0..1, or None.
        basis: What the p-value rests on.
        flagged: Classes whose anomaly index is above 2 (the paper's "classic rule").
        headline: The verdict in one sentence for a newcomer.
        explanation: What the numbers behind it are.
        targets: The target, and after it every other class that stands out more than any class
            of a clean reference network and would be likely alone: one that is merely suspicious
            may be small because the target's trigger helps it along.
        references: How many clean networks it was compared with.
        mapping: Which images the backdoor moves, where one was found and that is known.
        pairs: (source, target) of the pairs that stand out, where a pair map decided.
        statistic: What was compared with clean networks, in their spreads: the largest z, or
            where there is a pair map the larger of two, each on the same scale. None without them.
        decided_by: "classes" or "map", whichever of them that is; None without clean networks.
    """

    outcome: Outcome
    target: int | None
    p_value: float | None
    basis: Basis
    flagged: tuple[int, ...]
    headline: str
    explanation: str
    targets: tuple[int, ...] = ()
    references: int = 0
    mapping: Mapping | None = None
    pairs: tuple[tuple[int, int], ...] = ()
    statistic: float | None = None
    decided_by: DecidedBy | None = None


@dataclass(frozen=True, eq=False)
class ScanCurves:
    """How the search went: float32 arrays of S steps x K classes, NaN where a class was idle."""

    mask_l1: NDArray[np.float32]
    success: NDArray[np.float32]
    penalty: NDArray[np.float32]


@dataclass(frozen=True, eq=False)
class PairMap:
    """The smallest trigger found for each pair of a source and a target class.

    Attributes:
        mask_l1: K x K sizes in pixels, sources by targets, float32; NaN on the diagonal and for
            sources without images.
        converged: K x K, whether the success that pairs need was met.
        masks: K x K x H x W, 0..1, float32.
        patterns: K x K x C x H x W, 0..1, float32.
        z: K x K scores against clean reference networks, float32, or None without them.
        usual: K x K x 2, between which sizes, in pixels, each pair's mask lies in clean reference
            networks, moved to this network's level, float32; None without them.
        image_passes: Images that went forward and backward through the network for it.
        success: K x K, share of held-out images of the source that each trigger turns into the
            target, 0..1, float32; NaN where that was not measured.
        sizes: S x K x K sizes in pixels, float32, of every search where several were made, the
            first one's included; all pixels where none worked. Verdicts then compare the means of
            their logarithms.
        elsewhere: K x K, share of images of neither the source nor the target that each trigger
            turns into the target as well, 0..1, float32; NaN where that was not measured.
        elsewheres: S x K x K, the same of every search where several were made.
        usual_elsewhere: K x K, the middle of that share in clean reference networks, float32; None
            without them.
        places: K x K x h x w, the shares of each mask that lie in the cells of a coarse grid
            (`engine.detection.usual_places`), float32: the mean over the searches that found
            one, and 0 where none did. None where one search was made, whose masks tell it.
        place_density: K x K, how many times as much of clean reference networks' masks lies where
            each mask does as if they lay everywhere alike, a mean weighted by the mask, float32;
            NaN where that is not known, None without such networks.
        usual_place_density: K x K, the same of clean networks' masks in the mean, float32.
        usual_places: K x K x h x w, where clean networks' masks lie: how many times as much in each
            cell as if they were spread evenly, float32; None without such networks.
    """

    mask_l1: NDArray[np.float32]
    converged: NDArray[np.bool_]
    masks: NDArray[np.float32]
    patterns: NDArray[np.float32]
    z: NDArray[np.float32] | None = None
    usual: NDArray[np.float32] | None = None
    image_passes: int = 0
    success: NDArray[np.float32] | None = None
    sizes: NDArray[np.float32] | None = None
    elsewhere: NDArray[np.float32] | None = None
    elsewheres: NDArray[np.float32] | None = None
    usual_elsewhere: NDArray[np.float32] | None = None
    places: NDArray[np.float32] | None = None
    place_density: NDArray[np.float32] | None = None
    usual_place_density: NDArray[np.float32] | None = None
    usual_places: NDArray[np.float32] | None = None

    def sizes_of(self, source: int, target: int) -> tuple[float, ...]:
        """A pair's sizes in all searches, in pixels; empty where a single one was made."""
        return () if self.sizes is None else tuple(map(float, self.sizes[:, source, target]))

    def elsewhere_of(self, source: int, target: int) -> tuple[float, float] | None:
        """The share of other images that a pair's trigger turns as well, and the usual one.

        None where the first was not measured; the second is NaN without clean networks.
        """
        if self.elsewhere is None or np.isnan(self.elsewhere[source, target]):
            return None
        usual = self.usual_elsewhere
        return float(self.elsewhere[source, target]), (
            float("nan") if usual is None else float(usual[source, target])
        )

    def densities_of(self, source: int, target: int) -> tuple[float, float] | None:
        """How dense clean networks' masks are where a pair's mask lies, and where theirs lie.

        None where either is unknown.
        """
        if self.place_density is None or self.usual_place_density is None:
            return None
        here, usual = self.place_density[source, target], self.usual_place_density[source, target]
        return (float(here), float(usual)) if np.isfinite([here, usual]).all() else None

    def trigger(self, source: int, target: int) -> Trigger:
        """The trigger that turns images of `source` into `target`."""
        return Trigger(self.masks[source, target], self.patterns[source, target])


@dataclass(frozen=True, eq=False)
class Detection:
    """Everything that a scan leaves.

    Attributes:
        classes: One entry for each class, in order.
        verdict: What follows from them.
        curves: How the search went.
        settings: The settings of the scan.
        model_sha256: SHA-256 of the model's safetensors file, in hexadecimal digits.
        clean_accuracy: Accuracy of the model on the audit images, 0..1.
        seconds: How long the scan took. A map that went on from an earlier scan states the sum of
            both, here and in `image_passes`: what the whole map cost.
        image_passes: Images that went forward and backward through the network.
        warnings: Sentences about what limits the verdict.
        complete: False when the scan was stopped before every class was done.
        pair_map: What was found for each pair of source and target, if that was looked for.
        preflight: What was measured before the scan of a stranger's model, or None.
        audit: Fingerprint of the settings and schedules (`references.audit_key`); empty where an
            older version made the scan.
        computed: Where it was computed, with nothing left open; None where nothing was searched,
            and where an older version made the scan.
    """

    classes: tuple[FoundTrigger, ...]
    verdict: Verdict
    curves: ScanCurves
    settings: DetectSettings
    model_sha256: str
    clean_accuracy: float
    seconds: float
    image_passes: int
    warnings: tuple[str, ...] = ()
    complete: bool = True
    pair_map: PairMap | None = None
    preflight: Preflight | None = None
    audit: str = ""
    computed: ComputeSettings | None = None

    @property
    def is_calibrated(self) -> bool:
        """Whether all of it, pairs as well, was compared with clean networks of its own kind."""
        has_pairs_left = self.pair_map is not None and self.pair_map.z is None
        return self.verdict.basis == "references" and not has_pairs_left

    @property
    def has_lost_pairs(self) -> bool:
        """Whether it was to be a map, and was stopped when only its classes were done."""
        is_whole = self.complete and bool(self.classes)
        return is_whole and self.settings.preset == "map" and self.pair_map is None
