"""Make the pictures in docs/images/: the real program runs the default experiment and is grabbed.

    python docs/screenshots.py [light dark]

Needs a display; a virtual one (Xvfb) will do. Each look runs in a process of its own.
"""

import argparse
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).parent.parent
sys.path.insert(0, str(ROOT))
IMAGES = ROOT / "docs" / "images"
SIZE = (1280, 800)
LAYOUTS = 5  # rounds of events until wrapped texts have their room


def take(look: str) -> None:
    """Run the default experiment in one look and grab every tab."""
    import os

    os.environ["BACKDOOR_STUDIO_THEME"] = look
    from benchmarks.window import open_window, wait
    from gui.app import make_application

    application = make_application(sys.argv[:1])
    with tempfile.TemporaryDirectory() as folder:
        session, window = open_window(Path(folder))
        window.resize(*SIZE)
        wait(lambda: session.preparation.torch_ready)

        def grab(name: str) -> None:
            for _ in range(LAYOUTS):
                application.processEvents()
            window.grab().save(str(IMAGES / f"{name}-{look}.png"))

        grab("attack")
        window.commands.calibrate()
        grab("calibrate")
        window.detection_tab.show_scan()
        session.try_it()
        wait(lambda: len(session.measurements) > 12)
        grab("training-live")
        wait(lambda: session.running == "scan")
        wait(lambda: session.running is None or window.run_bar is None or _half_way(window))
        grab("detection-live")
        wait(lambda: session.detection is not None and not session.is_busy)
        grab("detection")
        window.commands.show_training()
        wait(lambda: window.run_bar is not None)
        grab("training")
        path = Path(folder) / "somebody-elses.safetensors"
        path.write_bytes(session.model.to_bytes())
        window.commands.open_model(path)
        wait(lambda: session.opening.preflight is not None and not session.opening.is_busy)
        grab("open-model")
        window.detection_tab.show_scan()
        window.commands.map_pairs()
        wait(lambda: session.detection is not None and session.detection.pair_map is not None)
        wait(lambda: not session.is_busy)
        grab("pair-map")
        window.close()
        wait(lambda: not session.is_busy)
    application.quit()


def _half_way(window: object) -> bool:
    from PySide6.QtWidgets import QProgressBar

    bar = window.run_bar.findChild(QProgressBar)  # type: ignore[attr-defined]
    return bar is not None and bar.value() * 3 > bar.maximum()


def main() -> None:
    """Take the looks asked for, each in its own process."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("looks", nargs="*", default=["light", "dark"])
    parser.add_argument("--here", action="store_true", help=argparse.SUPPRESS)
    options = parser.parse_args()
    IMAGES.mkdir(exist_ok=True)
    for look in options.looks:
        if options.here:
            take(look)
        else:
            subprocess.run([sys.executable, __file__, "--here", look], check=True)


if __name__ == "__main__":
    main()
