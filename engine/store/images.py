"""What an experiment notes of its images, so that it opens again without them."""

from typing import Annotated, Literal, Self

from pydantic import AfterValidator, ConfigDict, Field

from engine.data import DATA_SOURCES, DataSet, title_of
from engine.errors import EngineError
from engine.modelfiles.plain_text import plain
from engine.settings import DataSettings, Settings

Name = Annotated[str, Field(max_length=200), AfterValidator(plain)]
Side = Annotated[int, Field(ge=1, le=512)]


class ImageFacts(Settings):
    """The images of an experiment.

    Attributes:
        name: As `DataSet.name`: other images, another name.
        title: What people call them.
        shape: C, H, W of each; C is 1 for grey and 3 for colour.
        class_names: K names, by class index.
    """

    model_config = ConfigDict(frozen=True, extra="ignore", allow_inf_nan=False)

    name: Name
    title: Name
    shape: tuple[Literal[1, 3], Side, Side]
    class_names: tuple[Name, ...] = Field(min_length=1, max_length=1000)

    @property
    def classes(self) -> int:
        """K, the number of classes."""
        return len(self.class_names)

    @classmethod
    def of(cls, data_set: DataSet) -> Self:
        """What there is to note of a data set."""
        return cls(
            name=data_set.name,
            title=data_set.title,
            shape=data_set.shape,
            class_names=data_set.class_names,
        )

    @classmethod
    def before_loading(cls, settings: DataSettings) -> Self:
        """What is known of a data set that was not noted: by its name alone.

        Raises:
            EngineError: It is a folder, of which nothing is known before it is read.
        """
        source = DATA_SOURCES[settings.name]
        if source.shape is None or source.classes is None:
            raise EngineError(
                "experiment.json does not say how large the images of its folder are and which"
                " classes they have. Restore it from a copy."
            )
        names = tuple(map(str, range(source.classes)))
        return cls(
            name=settings.name, title=title_of(settings), shape=source.shape, class_names=names
        )
