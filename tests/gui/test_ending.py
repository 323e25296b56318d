"""Real signals, sent to the program in a process of its own: it ends in order and keeps a run."""

import os
import signal
import subprocess
import sys
from contextlib import contextmanager
from pathlib import Path

import pytest

from engine import store
from tests.gui import made_up

ROOT = Path(__file__).parent.parent.parent
POSIX = pytest.mark.skipif(os.name == "nt", reason="Windows sends no such signals")
# The real program; only its jobs are made up. It says when there is something to interrupt. A shell
# lets what it starts in the background ignore SIGINT, nohup SIGHUP, and the program leaves it so.
PROGRAM = """
import signal
import sys
signal.signal(signal.SIGINT, signal.default_int_handler)
signal.signal(signal.SIGHUP, signal.SIG_DFL)
from PySide6.QtCore import QTimer
from engine import data
from gui import app, session
from tests.gui.made_up_jobs import MadeUpJobs

class Begun(session.Session):
    def prepare(self):
        self.data = data.load("mnist")
        self.told = False
        self.run_events.connect(self.tell)
        self.start_training()

    def tell(self, kind, events):
        if self.losses and not self.told:
            self.told = True
            if "asked" in sys.argv:
                QTimer.singleShot(0, self.ask_to_close)
            else:
                self.say("training")

    def ask_to_close(self):
        QTimer.singleShot(0, lambda: self.say("asked"))
        [window] = [one for one in app.QApplication.topLevelWidgets() if hasattr(one, "tabs")]
        window.close()

    def say(self, what):
        print(what, self.folder, flush=True)

jobs = MadeUpJobs()
jobs.endless = True
session.train_job = jobs.train_job
app.Session = Begun
sys.exit(app.main())
"""


@contextmanager
def program(home, *does):
    """The window in a process of its own, once it has said that it does something."""
    places = dict.fromkeys(("XDG_DATA_HOME", "XDG_CONFIG_HOME", "XDG_STATE_HOME"), str(home))
    with subprocess.Popen(
        [sys.executable, "-c", PROGRAM, *does],
        cwd=ROOT, env={**os.environ, **places, "QT_QPA_PLATFORM": "offscreen"},
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
    ) as process:  # fmt: skip
        try:
            yield process, process.stdout.readline().split()
        finally:
            process.kill()


@POSIX
@pytest.mark.parametrize(
    ("number", "does"),
    [("SIGINT", ["training"]), ("SIGHUP", ["training"]), ("SIGTERM", ["training", "asked"])],
)
def test_a_signal_ends_the_window_and_keeps_the_training(tmp_path, number, does):
    with program(tmp_path, *does) as (process, (said, folder)):
        assert said == does[-1]
        process.send_signal(getattr(signal, number))
        _, errors = process.communicate(timeout=60)
    assert process.returncode == 0, errors
    assert "Traceback" not in errors
    kept = store.open_experiment(Path(folder))
    assert kept.model.sha256 == made_up.model().sha256
    assert not kept.complete
