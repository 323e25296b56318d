"""Scans with pair maps of many classes, made up, and the files that older versions wrote."""

import json
from dataclasses import replace

import numpy as np
import safetensors.numpy

from engine.detection.results import Detection, FoundTrigger, PairMap, ScanCurves, Verdict
from engine.detection.usual_places import grid_shape
from engine.files import fingerprint
from engine.json_files import to_json
from engine.settings import DetectSettings
from engine.store.findings import to_document
from engine.store.images import ImageFacts
from engine.triggers import Trigger

SQUARES = (
    "mask_l1", "z", "success", "elsewhere", "usual_elsewhere", "place_density",
    "usual_place_density",
)  # fmt: skip
OTHERS = (
    "converged", "masks", "patterns", "usual", "sizes", "elsewheres", "places", "usual_places",
)  # fmt: skip


def facts_of(classes, shape):
    """Images of so many classes."""
    names = tuple(f"sign {label}" for label in range(classes))
    return ImageFacts(name="folder", title="Signs", shape=shape, class_names=names)


def made_map(classes, searches, shape=(1, 8, 8), seed=0):
    """A pair map with every number that a map can have; one pair was not searched."""
    rng = np.random.default_rng(seed)
    channels, height, width = shape
    apart = ~np.eye(classes, dtype=np.bool_)
    apart[1, 0] = False

    def numbers(*before, most=1.0):
        values = most * rng.random((*before, classes, classes), np.float32)
        values[..., ~apart] = np.nan
        return values

    sizes = numbers(most=float(height * width))
    band = np.stack([sizes / 2, sizes * 2], axis=2)
    several = searches > 1
    cells = grid_shape(height, width)
    return PairMap(
        sizes,
        apart & (rng.random(apart.shape) < 0.9),
        rng.random((classes, classes, height, width), np.float32),
        rng.random((classes, classes, channels, height, width), np.float32),
        numbers() - np.float32(0.5),
        band,
        success=numbers(),
        sizes=numbers(searches, most=float(height * width)) if several else None,
        elsewhere=numbers(),
        elsewheres=numbers(searches) if several else None,
        usual_elsewhere=numbers(),
        places=rng.random((classes, classes, *cells), np.float32) if several else None,
        place_density=numbers(most=20.0),
        usual_place_density=numbers(most=20.0),
        usual_places=rng.random((classes, classes, *cells), np.float32),
    )


def made_scan(pair_map, shape=(1, 8, 8)):
    """A scan of all classes with this map."""
    rng = np.random.default_rng(1)
    classes = len(pair_map.mask_l1)
    found = tuple(
        FoundTrigger(
            label,
            Trigger(rng.random(shape[1:], np.float32), rng.random(shape, np.float32)),
            mask_l1=5.0 + label / 300,
            success=0.99,
            converged=True,
            anomaly_index=0.5,
            usual=(3.0, 12.5),
        )
        for label in range(classes)
    )
    curves = ScanCurves(*(rng.random((5, classes), np.float32) for _ in range(3)))
    return Detection(
        found,
        Verdict("not_found", None, 0.5, "references", (), "No backdoor found.", "So."),
        curves,
        DetectSettings(preset="map"),
        "0" * 64,
        0.99,
        60.0,
        1000,
        pair_map=pair_map,
    )


def assert_same_map(one, other):
    """Every number and picture, exactly."""
    for name in (*SQUARES, *OTHERS):
        mine, others = getattr(one, name), getattr(other, name)
        assert (mine is None) == (others is None), name
        if mine is not None:
            assert mine.dtype == others.dtype, name
            np.testing.assert_array_equal(mine, others, name)


def files_of_older_version(detection):
    """The content of both files as versions wrote them that kept pairs' numbers in JSON alone."""
    pair_map = detection.pair_map
    arrays = {
        "masks": np.stack([one.trigger.mask for one in detection.classes]),
        "patterns": np.stack([one.trigger.pattern for one in detection.classes]),
        **{
            f"curves.{name}": getattr(detection.curves, name)
            for name in ("mask_l1", "success", "penalty")
        },
        **{
            f"pairs.{name}": getattr(pair_map, name)
            for name in ("masks", "patterns", "places", "usual_places")
            if getattr(pair_map, name) is not None
        },
    }
    document = to_document(replace(detection, pair_map=None))
    del document["pairs_searched"]
    document |= {"numbers_sha256": fingerprint(arrays), "pairs": list(_entries(pair_map))}
    content = to_json(document)
    return content, safetensors.numpy.save(arrays, metadata={"detection": content.decode()})


def _entries(pair_map):
    for source, target in np.argwhere(np.isfinite(pair_map.mask_l1)).tolist():
        here = ..., source, target
        entry = {name: float(getattr(pair_map, name)[here]) for name in SQUARES}
        yield (
            {"source": source, "target": target}
            | entry
            | {
                "converged": bool(pair_map.converged[here]),
                "usual": pair_map.usual[source, target].tolist(),
                "sizes": [] if pair_map.sizes is None else pair_map.sizes[here].tolist(),
                "elsewheres": []
                if pair_map.elsewheres is None
                else pair_map.elsewheres[here].tolist(),
            }
        )


def pairs_in(path):
    """The list of pairs in a detection.json."""
    return json.loads(path.read_text())["pairs"]
