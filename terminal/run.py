"""The command `run`: poison, train and scan."""

from typing import Annotated

import typer

from engine import store, triggers
from engine.errors import EngineError
from engine.experiment import run_job
from engine.settings import ExperimentSettings, with_assignments
from terminal import options
from terminal.answers import on_all_cores
from terminal.data_choice import loading, naming_data
from terminal.outcome import claimed, report
from terminal.printing import errors
from terminal.progress import watching


def run(
    experiment: options.Experiment = None,
    out: options.Out = None,
    assignments: Annotated[list[str] | None, options.assignments("train.epochs=2")] = None,
    seed: Annotated[int | None, typer.Option("--seed", help="Set all three seeds.")] = None,
    data_name: options.Data = None,
) -> int:
    """Poison, train and scan; write everything into a folder."""
    before = store.read_settings(experiment) if experiment else ExperimentSettings()
    settings = on_all_cores(with_assignments(before, [*_seeds(seed), *(assignments or [])]))
    given_here = settings.attack.trigger != before.attack.trigger
    beside = None if given_here or experiment is None else options.folder_of(experiment)
    with claimed(out) as folder, watching(errors()) as watch:
        named = watch(naming_data(settings, data_name))
        data_set = watch(loading(named)) if named else None
        if named is None or data_set is None:
            return report(None, None, folder)
        settings = named
        trigger = triggers.find(settings.attack.trigger, data_set.shape, beside)
        try:
            outcome = watch(run_job(settings, trigger, folder))
        except EngineError as problem:
            if not (folder / "model.safetensors").is_file():
                raise
            raise EngineError(f"{problem} The trained network is in {folder}.") from problem
    trained, detection = outcome or (None, None)
    code = report(trained, detection, folder)
    # A verdict is what was asked for, whatever it is; only an audit passes it on as a code.
    return 0 if detection is not None and detection.complete else code


def _seeds(seed: int | None) -> list[str]:
    if seed is None:
        return []
    return [f"{group}.seed={seed}" for group in ("attack", "train", "detect")]
