"""Data sets: resident uint8 images, their labels and the names of their classes."""

from engine.data.choosing import (
    Availability,
    availability,
    choose_job,
    folder_settings,
    title_of,
)
from engine.data.fetching import download_job, take_job
from engine.data.image_set import DataSet, ImageSet
from engine.data.loading import load, load_job
from engine.data.sources import DATA_SOURCES, DataSource, Normalisation

__all__ = [
    "DATA_SOURCES",
    "Availability",
    "DataSet",
    "DataSource",
    "ImageSet",
    "Normalisation",
    "availability",
    "choose_job",
    "download_job",
    "folder_settings",
    "load",
    "load_job",
    "take_job",
    "title_of",
]
