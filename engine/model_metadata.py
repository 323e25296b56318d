"""What a model's file says of the model: its network, its input, and how it was trained.

It is JSON under one key in the header of the safetensors file, so that the same model always gives
the same bytes. The files come from strangers as well: every value has bounds, texts are made
plain, and nothing is believed that the tensors contradict.
"""

import hashlib
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Self

import numpy as np
from numpy.typing import NDArray
from pydantic import AfterValidator, ConfigDict, Field, StrictBool, StrictInt

from engine.errors import EngineError
from engine.files import fingerprint
from engine.json_files import parse_json
from engine.metrics import Rates
from engine.modelfiles.plain_text import plain
from engine.settings import ExperimentSettings, Settings, check
from engine.triggers import Trigger, write_png
from engine.version import VERSION

METADATA_KEY = "backdoor_studio"
SCHEMA = 1
MAX_CHARACTERS = 65_536  # longer texts of a file are not passed on by the gate either
SHA256 = "^[0-9a-f]{64}$"


Text = Annotated[str, Field(max_length=400), AfterValidator(plain)]
Share = Annotated[float, Field(ge=0, le=1)]
Number = Annotated[float, Field(ge=-1e9, le=1e9)]
Labels = Annotated[tuple[Annotated[StrictInt, Field(ge=0, le=999)], ...], Field(max_length=1000)]
Whole = Annotated[StrictInt, Field(ge=-(2**53), le=2**53)]
Value = Labels | StrictBool | Whole | Number | Text | None
Group = Annotated[dict[Text, Value], Field(max_length=100)]


class _Part(Settings):
    """Part of the text; names that a newer program may have added are passed over."""

    model_config = ConfigDict(frozen=True, extra="ignore", allow_inf_nan=False)


class Provenance(_Part):
    """How a model was trained, as its file says; nothing proves it.

    Attributes:
        program: Version of the program that trained it.
        data: Name of the data set.
        class_names: Their K names, by class index; empty where they are not known.
        seed: What decided its first weights and the order of the images.
        trigger_sha256: SHA-256 of the trigger as a PNG file, or None where there was none.
        settings: The groups "attack" and "train" of its settings, each by name.
        clean_accuracy: Share of clean test images classified rightly, 0..1, or None.
        attack_success: Share of stamped test images taken for the target, 0..1, or None.
        sham_rate: The same with the mask set to zero, 0..1, or None.
    """

    program: Text = ""
    data: Text = ""
    class_names: tuple[Text, ...] = Field((), max_length=1000)
    seed: int | None = Field(None, ge=0, le=2**63 - 1)
    trigger_sha256: str | None = Field(None, pattern=SHA256)
    settings: dict[Text, Group] = Field(default_factory=dict, max_length=20)
    clean_accuracy: Share | None = None
    attack_success: Share | None = None
    sham_rate: Share | None = None

    @classmethod
    def of(
        cls,
        settings: ExperimentSettings,
        trigger: Trigger | None,
        class_names: tuple[str, ...],
        rates: Rates | None,
    ) -> Self:
        """What there is to say of a network that was just trained.

        Args:
            settings: What it was trained with.
            trigger: The drawing that was stamped, or None where the attack has none.
            class_names: K names.
            rates: Its rates at the end.
        """
        # A path would tell strangers about this machine.
        attack = settings.attack.model_dump() | {"trigger": Path(settings.attack.trigger).name}
        return cls(
            program=VERSION,
            data=settings.data.name,
            class_names=class_names,
            seed=settings.train.seed,
            trigger_sha256=hashlib.sha256(write_png(trigger)).hexdigest() if trigger else None,
            settings={"attack": attack, "train": settings.train.model_dump()},
            clean_accuracy=rates.clean_accuracy if rates else None,
            attack_success=rates.attack_success if rates else None,
            sham_rate=rates.sham_rate if rates else None,
        )


class ModelMetadata(_Part):
    """What is in the header of a model's file.

    Attributes:
        architecture: The network's name; it may be one that this version does not know.
        shape: C, H, W of its input images.
        classes: How many classes it tells apart.
        input_range: The values that it expects of black and white; likewise.
        width: How many times wider its layers are than the architecture's usual ones.
        tensors_sha256: `engine.files.fingerprint` of its tensors, or None in old files.
        provenance: How it was trained, or None where the file does not say.
    """

    architecture: Text
    shape: tuple[
        Annotated[StrictInt, Field(ge=1, le=64)],
        Annotated[StrictInt, Field(ge=1, le=4096)],
        Annotated[StrictInt, Field(ge=1, le=4096)],
    ]
    classes: StrictInt = Field(ge=2, le=1000)
    input_range: Text = "0..1"
    width: float = Field(1.0, ge=0.25, le=4)
    tensors_sha256: str | None = Field(None, pattern=SHA256)
    provenance: Provenance | None = None

    @classmethod
    def parse(cls, text: str) -> Self:
        """Check the text under METADATA_KEY.

        Raises:
            EngineError: It is no such text, of a newer version, or contradicts itself.
        """
        if len(text) > MAX_CHARACTERS:
            raise _unusable("it is longer than any that this program writes.")
        try:
            document = parse_json(text.encode("utf-8", "replace"), "the description")
            schema = document.pop("schema", SCHEMA)
            if type(schema) is not int or not 1 <= schema <= SCHEMA:
                raise EngineError("a newer version of this program wrote it.")
            found = check(cls, document)
        except EngineError as error:
            raise _unusable(str(error)) from error
        names = found.provenance.class_names if found.provenance else ()
        if names and len(names) != found.classes:
            raise _unusable(f"it names {len(names)} classes of {found.classes}.")
        return found

    def check_tensors(self, tensors: Mapping[str, NDArray[np.generic]]) -> None:
        """Compare tensors with the hash that was written when they were saved, if there is one.

        Raises:
            EngineError: They are not those that were saved.
        """
        if self.tensors_sha256 not in (None, fingerprint(tensors)):
            raise EngineError(
                "The model's tensors are not those that were saved, by the SHA-256 in its file: it"
                " was altered or damaged. Fetch it again from where it came from."
            )

    def text(self) -> str:
        """The text under METADATA_KEY; the same values always give the same text."""
        return json.dumps({"schema": SCHEMA, **self.model_dump(mode="json")}, allow_nan=False)


def read_metadata(texts: Mapping[str, str]) -> ModelMetadata | None:
    """What a safetensors file of ours says of its model, or None where it is not one of ours.

    Args:
        texts: The metadata in its header, as `ModelFile.metadata` has them.

    Raises:
        EngineError: It says so in a way that cannot be used; one sentence says why.
    """
    text = texts.get(METADATA_KEY)
    return None if text is None else ModelMetadata.parse(text)


def _unusable(reason: str) -> EngineError:
    return EngineError(
        f"What the file says of its own model cannot be used: {plain(reason, 300)} Choose the"
        " network and its input by hand."
    )
