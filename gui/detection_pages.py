"""What the Detection tab shows in its middle: a scan, a calibration, or a stranger's file."""

from PySide6.QtCore import Qt
from PySide6.QtGui import QPalette

from engine.attacks import known_trigger
from engine.detection.results import Detection
from gui import possible, theme, verdict_words
from gui.calibration_page import CalibrationPage
from gui.detection_words import PLACEHOLDER
from gui.model_page import ModelPage
from gui.session import Session
from gui.widgets.modest_stack import ModestStack
from gui.widgets.scan_views import ScanViews
from gui.widgets.tone_label import ToneLabel


class DetectionPages(ModestStack):
    """One page at a time.

    Attributes:
        views: All that a scan has found.
        calibration: Clean networks to compare with.
        opening: Somebody else's model, before it is scanned.
    """

    def __init__(self, session: Session) -> None:
        super().__init__()
        self._session = session
        self._suspect_chosen_in: Detection | None = None
        self.views = ScanViews()
        self.calibration, self.opening = CalibrationPage(session), ModelPage(session)
        self._placeholder = ToneLabel(PLACEHOLDER, wrap=True)
        self._placeholder.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self._placeholder.setForegroundRole(QPalette.ColorRole.PlaceholderText)
        self._placeholder.setContentsMargins(*[12 * theme.SPACING] * 4)
        for page in (self._placeholder, self.views, self.calibration, self.opening):
            self.addWidget(page)

    @property
    def is_calibrating(self) -> bool:
        """Whether the Calibrate page is open."""
        return self.currentWidget() is self.calibration

    @property
    def is_opening(self) -> bool:
        """Whether the page is open on which a stranger's model is looked at."""
        return self.currentWidget() is self.opening

    @property
    def is_looking(self) -> bool:
        """Whether a file is looked at on that page, which the open scan does not belong to."""
        return self.is_opening and self._session.opening.path is not None

    def show_scan(self, *, has_begun: bool) -> None:
        """Show the scan, or what will appear there; what was said of a file is news no more."""
        self.setCurrentWidget(self.views if has_begun else self._placeholder)
        self._session.auditing.forget_file()

    def take_images(self) -> None:
        """Take from the session what a scan's triggers are shown on, and beside."""
        session = self._session
        _, height, width = session.shape
        self.views.set_pixels(height * width)
        self.views.set_samples(None if session.data is None else session.data.test)
        made_with, drawn, planted, target = session.made_with, session.true_trigger, None, 0
        if made_with is not None and drawn is not None:
            target = made_with.attack.target
            planted = known_trigger(made_with.attack, drawn, len(session.class_names))
        self.views.set_planted(planted, target)

    def offer_map(self) -> None:
        """Let a map be asked for in its place, where one can be searched now."""
        self.views.pairs.offer_map(possible.map_obstacle(self._session, is_looking=self.is_looking))

    def choose_suspect(self) -> None:
        """Show, once, the class that a verdict points at, or else what comes nearest to that."""
        detection = self._session.detection
        if detection is None or detection is self._suspect_chosen_in:
            return
        self._suspect_chosen_in = detection
        target = detection.verdict.target
        if target is None:
            target = verdict_words.nearest(detection)
        self.views.classes.choose(target)
