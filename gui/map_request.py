"""Map all pairs, wherever it is asked for: a scan with that preset, which is for this once."""

from PySide6.QtCore import QObject

from gui.session import Session


class MapRequest(QObject):
    """Starts a pair map. If it ends without one, the form has its preset back."""

    def __init__(self, session: Session, parent: QObject) -> None:
        super().__init__(parent)
        self._session = session
        self._before: str | None = None  # the preset that was chosen, while a map goes on
        session.run_ended.connect(self._on_run_ended)

    def map_pairs(self) -> None:
        """Scan with the preset that searches every pair of a source and a target."""
        session = self._session
        if session.running is None:
            self._before = session.settings.detect.preset
            self._choose("map")
        session.start_scan()
        if session.running is None:
            self._have_back()

    def _on_run_ended(self, kind: str, how: str) -> None:  # noqa: ARG002 - Session's signal
        if kind != "scan":
            return
        detection = self._session.detection
        has_map = detection is not None and detection.pair_map is not None
        if has_map and not self._session.has_earlier_back:
            self._before = None  # the form says how the open scan was made
        else:
            self._have_back()

    def _have_back(self) -> None:
        before, self._before = self._before, None
        if before is not None:
            self._choose(before)

    def _choose(self, preset: str) -> None:
        detect = self._session.settings.detect
        self._session.set_group(detect.model_copy(update={"preset": preset}))
