"""What the Detection tab offers after a scan: a pair map, and clean networks to compare with."""

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QVBoxLayout, QWidget

from gui import calibration_words, map_words, possible, theme, verdict_words
from gui.calibration_state import look_up, own_values
from gui.session import Session
from gui.widgets.calibration_offer import CalibrationOffer
from gui.widgets.map_offer import MapOffer


class DetectionOffers(QWidget):
    """Calm lines with a button each; takes no room where there is nothing to offer.

    Signals:
        map_requested: The person wants a trigger for every pair of classes.
        calibration_requested: The person wants to see the Calibrate page.
    """

    map_requested = Signal()
    calibration_requested = Signal()

    def __init__(self, session: Session) -> None:
        super().__init__()
        self._session = session
        self.map, self.calibration = MapOffer(), CalibrationOffer()
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(theme.SPACING // 2)
        column.addWidget(self.map)
        column.addWidget(self.calibration)
        self.map.map_requested.connect(self.map_requested)
        self.calibration.calibration_requested.connect(self.calibration_requested)
        self.calibration.judgement_requested.connect(session.start_calibration)
        self.calibration.scan_requested.connect(self._scan_with_own_values)

    def refresh(self, *, is_calibrating: bool, is_opening: bool, shows_pairs: bool) -> None:
        """Offer what helps the verdict that is shown.

        Args:
            is_calibrating: The page of the calibration is open, which need not be offered then.
            is_opening: That of another network's file is, and no verdict is shown.
            shows_pairs: The place of the map is in front, which has the button itself.
        """
        speaks_of_map = not is_opening and self._speaks_of_map(shows_pairs=shows_pairs)
        shows_neither = is_calibrating or is_opening
        offers_calibration = not shows_neither and self._has_use_for_calibration()
        self.map.setVisible(speaks_of_map)
        self.calibration.setVisible(offers_calibration)
        self.setVisible(speaks_of_map or offers_calibration)

    def has_use_for_map(self) -> bool:
        """Where a search of the classes alone found nothing, and a map can be kept."""
        return self._lacks_map() and not possible.map_too_large(self._session)

    def _lacks_map(self) -> bool:
        """Whether a search of the classes alone found nothing."""
        detection = self._session.detection
        return self._is_idle() and detection is not None and verdict_words.lacks_map(detection)

    def _speaks_of_map(self, *, shows_pairs: bool) -> bool:
        """Offer a map where there is use for one, or say why there can be none."""
        model, detection = self._session.model, self._session.detection
        if model is None or detection is None or not self._lacks_map():
            return False
        if possible.map_too_large(self._session):
            self.map.explain(map_words.too_large(model))
            return True
        self.map.offer(map_words.offer(detection))
        return not shows_pairs

    def _has_use_for_calibration(self) -> bool:
        """Where there were no clean networks of its own kind to compare all of it with."""
        session, detection = self._session, self._session.detection
        if not self._is_idle() or detection is None or not detection.complete:
            return False
        verdict = detection.verdict
        if verdict.outcome == "not_auditable" or detection.is_calibrated or session.scan_stale:
            return False
        found = look_up(session)
        judges = found is not None and found.missing == 0
        own = None if judges else own_values(session)
        if own is not None and own.kind == "borrowed" and verdict.basis != "none":
            own = None  # nothing better than what was compared
        settings = session.calibration_settings
        sentence = calibration_words.offer(found, settings, verdict.basis, own)
        values = "" if own is None else calibration_words.values(own)
        self.calibration.offer(sentence, judges=judges, values=values)
        return True

    def _scan_with_own_values(self) -> None:
        own = own_values(self._session)
        if own is not None:
            self._session.set_group(own.settings)
            self._session.start_scan()

    def _is_idle(self) -> bool:
        return self._session.running is None and self._session.model is not None
