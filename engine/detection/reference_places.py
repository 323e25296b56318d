"""Clean reference networks that know where their masks lie, made of each network's own masks."""

from collections.abc import Sequence

import numpy as np

from engine.detection.references import References
from engine.detection.usual_places import UsualPlaces, form_of, from_text, logs_left_out


def with_places(references: References, texts: Sequence[str]) -> References:
    """The references, with the place of each mask compared with the other networks' masks.

    Args:
        references: With the pairs' figures; without, they are returned as they are.
        texts: Of each network, where the masks of its pairs lie (`usual_places.to_text`). Where
            one is empty, that of an older version, or of another form than the others, the
            references are returned as they are.

    Raises:
        ValueError: A text is damaged.
    """
    pairs = len(references.networks[0].pair_l1)
    if not pairs or not all(texts) or len({form_of(text) for text in texts}) > 1:
        return references
    grids = np.array([from_text(text, pairs) for text in texts])
    familiar = np.exp(logs_left_out(grids))
    networks = [
        one.model_copy(update={"pair_familiarity": tuple(round(float(each), 4) for each in row)})
        for one, row in zip(references.networks, familiar, strict=True)
    ]
    placed = {"networks": tuple(networks), "pair_places": UsualPlaces.of(grids).text}
    return references.model_copy(update=placed)
