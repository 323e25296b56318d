"""Forms: made from the declarations, and firm about what they accept."""

import pytest
from PySide6.QtCore import QPoint, QPointF, Qt
from PySide6.QtGui import QWheelEvent
from PySide6.QtWidgets import QApplication, QLabel, QToolButton, QVBoxLayout, QWidget

from engine.settings import (
    AttackSettings,
    ComputeSettings,
    DataSettings,
    DetectSettings,
    ExperimentSettings,
    TrainSettings,
)
from gui import theme
from gui.forms import FormColumn, SettingsForm
from gui.widgets.fields import Bounds, ChoiceField, NumberField, TextField

GROUPS = [DataSettings, AttackSettings, TrainSettings, DetectSettings, ComputeSettings]


@pytest.fixture
def make(qtbot):
    """A shown form for a group, and what it tells."""

    def make_form(group, **options):
        form = SettingsForm(group, **options)
        form.told = []
        form.changed.connect(form.told.append)
        qtbot.addWidget(form)
        form.show()
        qtbot.waitExposed(form)
        form.activateWindow()
        return form

    return make_form


def type_into(qtbot, field, text, key=Qt.Key.Key_Return):
    field.setFocus()
    qtbot.waitUntil(field.hasFocus)
    field.selectAll()
    qtbot.keyClicks(field, text)
    if key is not None:
        qtbot.keyClick(field, key)


def wheel(field, steps=-1):
    event = QWheelEvent(
        QPointF(5, 5),
        QPointF(field.mapToGlobal(QPoint(5, 5))),
        QPoint(),
        QPoint(0, 120 * steps),
        Qt.MouseButton.NoButton,
        Qt.KeyboardModifier.NoModifier,
        Qt.ScrollPhase.NoScrollPhase,
        False,
    )
    QApplication.sendEvent(field, event)
    return event


def tab_chain(form):
    """The names of all that Tab visits in a form, in order."""
    chain, widget = [], form.nextInFocusChain()
    while widget is not form:
        if form.isAncestorOf(widget) and widget.objectName():
            chain.append(widget.objectName())
        widget = widget.nextInFocusChain()
    return [name for name in dict.fromkeys(chain) if not name.startswith("qt_")]


def test_tab_goes_from_field_to_field_as_they_stand(qtbot):
    form = SettingsForm(DetectSettings)
    qtbot.addWidget(form)
    assert tab_chain(form) == ["preset", "images", "seed", "more", "success_threshold"]
    form.set_choices("images", [(500, "500"), (1000, "1,000")])
    assert tab_chain(form) == ["preset", "images", "seed", "more", "success_threshold"]


def test_what_is_under_the_more_of_several_forms_comes_after_all_of_them(qtbot):
    forms = [SettingsForm(AttackSettings), SettingsForm(ComputeSettings)]
    column = FormColumn(forms)
    qtbot.addWidget(column)
    forms[0].set_choices("target", [(0, "0"), (1, "1")])
    names = tab_chain(column)
    hidden = [field.objectName() for form in forms for field in form.fields_of(hidden=True)]
    shown = [field.objectName() for form in forms for field in form.fields_of(hidden=False)]
    assert hidden
    assert [name for name in names if name in {*hidden, *shown}] == [*shown, *hidden]


@pytest.mark.parametrize("group", GROUPS)
def test_every_setting_has_a_field_a_label_and_a_tooltip_that_teaches(make, group):
    form = make(group)
    assert set(form.fields) == set(group.model_fields)
    labels = {label.text() for label in form.findChildren(QLabel)}
    for name, info in group.model_fields.items():
        assert info.title in labels
        assert info.title in form.fields[name].toolTip()
        assert form.fields[name].accessibleName() == info.title
    assert form.value() == group()


@pytest.mark.parametrize("group", GROUPS)
def test_a_form_shows_any_settings_it_is_given(make, group):
    form = make(group)
    other = {
        AttackSettings: AttackSettings(target=7, poison_rate=0.07, seed=2**31 - 1),
        TrainSettings: TrainSettings(architecture="mlp", learning_rate=0.00012345, epochs=9),
        DetectSettings: DetectSettings(preset="paper", success_threshold=0.995),
        ComputeSettings: ComputeSettings(device="cpu", precision="float32", threads=3),
        DataSettings: DataSettings(),
    }[group]
    form.set_value(other)
    assert form.value() == other
    shown = {name: field.current() for name, field in form.fields.items()}
    assert shown == other.model_dump()
    assert form.told == []


def test_the_kind_of_widget_follows_the_type(make):
    attack = make(AttackSettings)
    assert isinstance(attack.fields["family"], ChoiceField)
    assert isinstance(attack.fields["target"], NumberField)
    assert isinstance(attack.fields["poison_rate"], NumberField)
    assert isinstance(attack.fields["trigger"], TextField)
    assert attack.fields["poison_rate"].text() == "10 %"
    train = make(TrainSettings)
    assert train.fields["batch_size"].text() == "256 images"
    assert train.fields["learning_rate"].text() == "0.004"
    detect = make(DetectSettings)
    assert detect.fields["images"].text() == "1,000 images"


def test_a_typed_value_is_told_once_it_is_complete(make, qtbot):
    form = make(TrainSettings)
    type_into(qtbot, form.fields["epochs"], "12", key=None)
    assert form.told == []
    qtbot.keyClick(form.fields["epochs"], Qt.Key.Key_Return)
    assert form.told == [TrainSettings(epochs=12)]
    assert form.value().epochs == 12


@pytest.mark.parametrize(
    ("typed", "expected"), [("2.5", 0.025), ("2,5", 0.025), ("50", 0.5), ("0", 0.0)]
)
def test_percent_is_typed_as_percent(make, qtbot, typed, expected):
    form = make(AttackSettings)
    type_into(qtbot, form.fields["poison_rate"], typed)
    assert form.value().poison_rate == expected


@pytest.mark.parametrize(
    ("group", "name", "typed", "kept", "words"),
    [
        (AttackSettings, "poison_rate", "51", "10 %", "0 to 50 %, not 51 %"),
        (TrainSettings, "epochs", "0", "4", "1 to 200, not 0"),
        (TrainSettings, "epochs", "201", "4", "1 to 200, not 201"),
        (TrainSettings, "batch_size", "99999", "256 images", "8 to 4,096 images, not 99999"),
        (TrainSettings, "batch_size", "7", "256 images", "8 to 4,096 images, not 7"),
        (TrainSettings, "learning_rate", "0", "0.004", "more than 0, at most 1, not 0"),
        (TrainSettings, "learning_rate", "-1", "0.004", "more than 0, at most 1, not -1"),
        (DetectSettings, "images", "5,001", "1,000 images", "200 to 5,000 images, not 5,001"),
    ],
)
def test_what_is_out_of_bounds_is_refused_with_the_bound(
    make, qtbot, group, name, typed, kept, words
):
    form = make(group)
    type_into(qtbot, form.fields[name], typed)
    note = form.notes[name]
    assert note.isVisible()
    assert words in note.text()
    assert group.model_fields[name].title in note.text()
    assert form.fields[name].text() == kept
    assert form.told == []
    assert form.value() == group()


def test_the_bound_is_told_while_too_much_is_typed(make, qtbot):
    form = make(TrainSettings)
    type_into(qtbot, form.fields["epochs"], "999", key=None)
    assert "1 to 200, not 999" in form.notes["epochs"].text()


def test_the_sentence_goes_with_the_next_good_value(make, qtbot):
    form = make(TrainSettings)
    type_into(qtbot, form.fields["epochs"], "999")
    type_into(qtbot, form.fields["epochs"], "5")
    assert not form.notes["epochs"].isVisible()
    assert form.value().epochs == 5


def test_a_value_from_code_is_refused_likewise(make):
    form = make(TrainSettings)
    assert not form.set_field("epochs", 1000)
    assert "1 to 200, not 1000" in form.notes["epochs"].text()
    assert form.value().epochs == 4
    assert form.set_field("epochs", 8)
    assert not form.notes["epochs"].isVisible()
    assert form.fields["epochs"].text() == "8"
    assert form.told == [TrainSettings(epochs=8)]


def test_letters_do_not_get_into_a_number(make, qtbot):
    form = make(TrainSettings)
    type_into(qtbot, form.fields["epochs"], "x7y")
    assert form.value().epochs == 7


def test_an_emptied_field_takes_its_value_back(make, qtbot):
    form = make(TrainSettings)
    field = form.fields["epochs"]
    field.setFocus()
    field.selectAll()
    qtbot.keyClick(field, Qt.Key.Key_Delete)
    qtbot.keyClick(field, Qt.Key.Key_Return)
    assert field.text() == "4"
    assert form.told == []


def test_leaving_a_field_takes_over_what_was_typed(make, qtbot):
    form = make(TrainSettings)
    type_into(qtbot, form.fields["epochs"], "6", key=Qt.Key.Key_Tab)
    assert form.value().epochs == 6


def test_arrows_step_and_stop_at_the_bound(make, qtbot):
    form = make(TrainSettings)
    field = form.fields["learning_rate"]
    field.setFocus()
    qtbot.keyClick(field, Qt.Key.Key_Up)
    assert form.value().learning_rate == pytest.approx(0.0041)
    epochs = form.fields["epochs"]
    epochs.setFocus()
    for _ in range(6):
        qtbot.keyClick(epochs, Qt.Key.Key_Down)
    assert form.value().epochs == 1


def test_a_choice_is_told(make, qtbot):
    form = make(TrainSettings)
    form.fields["architecture"].setFocus()
    qtbot.keyClick(form.fields["architecture"], Qt.Key.Key_Down)
    assert form.told == [TrainSettings(architecture="bn_cnn")]


@pytest.mark.parametrize("name", ["epochs", "architecture"])
def test_the_wheel_changes_only_the_field_with_the_focus(make, qtbot, name):
    form = make(TrainSettings)
    form.fields["seed"].setFocus()
    assert not wheel(form.fields[name]).isAccepted()
    assert form.value() == TrainSettings()
    form.fields[name].setFocus()
    qtbot.waitUntil(form.fields[name].hasFocus)
    wheel(form.fields[name])
    assert form.value() != TrainSettings()


def test_class_names_can_be_chosen_instead_of_numbers(make, qtbot):
    form = make(AttackSettings)
    form.set_choices("target", [(index, f"digit {index}") for index in range(10)])
    field = form.fields["target"]
    assert [field.itemText(index) for index in range(2)] == ["digit 0", "digit 1"]
    field.setFocus()
    qtbot.keyClick(field, Qt.Key.Key_End)
    assert form.value().target == 9
    form.set_choices("target", [(index, str(index)) for index in range(10)])
    assert form.value().target == 9
    form.set_value(AttackSettings(target=20))
    assert "not available" in field.currentText()


def test_hidden_fields_keep_their_value(make, qtbot):
    form = make(AttackSettings, hide={"trigger", "seed"})
    assert set(form.fields) == set(AttackSettings.model_fields) - {"trigger", "seed"}
    form.set_value(AttackSettings(trigger="checkerboard-5x5", seed=3))
    type_into(qtbot, form.fields["poison_rate"], "5")
    assert form.value() == AttackSettings(trigger="checkerboard-5x5", seed=3, poison_rate=0.05)


def test_more_shows_the_rest_by_mouse_and_key(make, qtbot):
    form = make(TrainSettings)
    more = form.findChild(QToolButton, "more")
    assert not form.fields["weight_decay"].isVisible()
    qtbot.mouseClick(more, Qt.MouseButton.LeftButton)
    assert form.fields["weight_decay"].isVisible()
    qtbot.keyClick(more, Qt.Key.Key_Space)
    assert not form.fields["weight_decay"].isVisible()


def test_a_form_without_rare_settings_has_no_more(make):
    form = make(DataSettings)
    assert not form.findChild(QToolButton, "more").isVisible()


def test_a_column_of_forms_has_one_more_and_aligned_fields(qtbot):
    forms = [SettingsForm(group) for group in GROUPS]
    column = FormColumn(forms)
    column.setFixedWidth(240)
    qtbot.addWidget(column)
    column.show()
    qtbot.waitExposed(column)
    buttons = [b for b in column.findChildren(QToolButton, "more") if b.isVisible()]
    assert len(buttons) == 1
    qtbot.mouseClick(buttons[0], Qt.MouseButton.LeftButton)
    fields = [field for form in forms for field in form.fields.values() if field.isVisible()]
    always = [
        name
        for _, group in ExperimentSettings()
        for name, info in type(group).model_fields.items()
        if not (info.json_schema_extra or {}).get("shown_for")
    ]
    assert len(fields) > len(always)
    edges = {field.mapTo(column, QPoint(0, 0)).x() for field in fields}
    rights = {field.mapTo(column, QPoint(field.width(), 0)).x() for field in fields}
    assert len(edges) == len(rights) == 1
    assert rights.pop() <= 240
    tops = [field.mapTo(column, QPoint(0, 0)).y() for field in fields]
    assert len(set(tops)) == len(tops)


def test_labels_and_numbers_are_not_clipped_at_240_pixels(qtbot):
    forms = [SettingsForm(group) for group in GROUPS]
    page = QWidget()
    layout = QVBoxLayout(page)
    layout.addWidget(FormColumn(forms))
    page.setFixedWidth(240 + layout.contentsMargins().left() + layout.contentsMargins().right())
    qtbot.addWidget(page)
    page.show()
    qtbot.waitExposed(page)
    for form in forms:
        for name, field in form.fields.items():
            if field.isVisible() and isinstance(field, NumberField):
                room = field.lineEdit().width() - 2
                assert field.fontMetrics().horizontalAdvance(field.text()) <= room, name


def test_the_sentence_is_in_the_colour_of_errors_in_both_schemes(make, qtbot):
    form = make(TrainSettings)
    form.set_field("epochs", 0)
    note = form.notes["epochs"]
    light = note.palette().color(note.foregroundRole())
    theme.set_scheme("dark")
    try:
        qtbot.waitUntil(lambda: note.palette().color(note.foregroundRole()) != light)
        assert note.palette().color(note.foregroundRole()) == theme.colour("error")
    finally:
        theme.set_scheme("light")
    assert note.palette().color(note.foregroundRole()) == light


@pytest.mark.parametrize(
    ("bounds", "value", "text"),
    [
        (Bounds(0, 1, kind="percent", unit="%"), 0.07, "7"),
        (Bounds(0, 1), 0.00001, "0.00001"),
        (Bounds(0, 9999, kind="whole", unit="images"), 5000, "5,000"),
        (Bounds(0, 2**31 - 1, kind="whole"), 2**31 - 1, "2147483647"),
    ],
)
def test_numbers_are_written_plainly_and_read_back(bounds, value, text):
    assert bounds.write(value * bounds.factor) == text
    assert bounds.read(text) / bounds.factor == pytest.approx(value)


@pytest.mark.parametrize("text", ["", "-", "1e", ".", "nan", "inf", "1e999"])
def test_what_is_no_number_in_bounds_is_not_taken(text):
    bounds = Bounds(0, 1e9)
    number = bounds.read(text)
    assert number is None or not bounds.contain(number)


# Only what means something with the other values is shown.


def shown(form):
    return {name for name, field in form.fields.items() if field.isVisible()}


def test_the_form_of_an_attack_follows_its_kind_and_mapping(make):
    form = make(AttackSettings, hide={"trigger"})
    always = {"family", "mapping", "seed"}
    assert shown(form) == always | {"target", "poison_rate", "placement"}
    form.set_field("family", "blended")
    assert shown(form) == always | {"target", "poison_rate", "picture", "blend_ratio"}
    form.set_field("family", "sig")
    waves = {"target_share", "amplitude", "test_amplitude", "frequency"}
    assert shown(form) == always | {"target"} | waves
    form.set_value(AttackSettings(mapping="source-specific"))
    cover = {"target", "sources", "poison_rate", "cover_rate", "placement"}
    assert shown(form) == always | cover
    form.set_field("mapping", "all-to-all")
    assert shown(form) == always | {"poison_rate", "placement"}
    form.set_field("mapping", "two-targets")
    assert shown(form) == always | {"target", "second_target", "poison_rate", "placement"}


def test_a_field_shown_for_two_reasons_needs_both(make):
    form = make(AttackSettings)
    form.set_field("placement", "several")
    assert form.fields["copies"].isVisible()
    form.set_field("family", "blended")
    assert not form.fields["copies"].isVisible()
    assert form.value().placement == "several", "it comes back with the family"
    form.set_field("family", "patch")
    assert form.fields["copies"].isVisible()


def test_more_is_offered_while_there_is_something_under_it(make):
    form = make(AttackSettings, hide={"trigger"})
    more = form.findChild(QToolButton, "more")
    assert not more.isVisible()
    form.set_field("family", "wanet")
    assert more.isVisible()
    form.set_field("family", "patch")
    assert not more.isVisible()


def test_a_problem_stands_under_its_field_until_it_is_solved(make):
    form = make(AttackSettings)
    form.set_choices("sources", [(0, "cat"), (1, "dog")])
    form.set_value(AttackSettings(mapping="source-specific"))
    form.say_problems({"sources": "Choose others."})
    assert form.notes["sources"].isVisible()
    assert form.notes["sources"].text() == "Choose others."
    form.set_field("mapping", "all-to-one")
    assert not form.notes["sources"].isVisible(), "its field is not shown either"
    form.set_field("mapping", "source-specific")
    assert form.notes["sources"].isVisible()
    form.say_problems({})
    assert not form.notes["sources"].isVisible()


@pytest.mark.qt_log_ignore("This plugin does not support", extend=True)
def test_classes_are_ticked_in_a_list_that_stays_open(make, qtbot):
    form = make(AttackSettings)
    form.set_choices("sources", [(0, "cat"), (1, "dog"), (2, "R&B")])
    form.set_value(AttackSettings(mapping="source-specific", sources=(1,)))
    field = form.fields["sources"]
    assert field.text() == "dog"
    menu = field.menu()
    menu.popup(field.mapToGlobal(QPoint(0, field.height())))
    qtbot.waitUntil(menu.isVisible)
    centre = menu.actionGeometry(menu.actions()[2]).center()
    qtbot.mouseMove(menu, centre)
    qtbot.mouseClick(menu, Qt.MouseButton.LeftButton, pos=centre)
    assert menu.isVisible()
    assert form.value().sources == (1, 2)
    menu.setActiveAction(menu.actions()[1])
    qtbot.keyClick(menu, Qt.Key.Key_Space)
    assert form.value().sources == (2,)
    assert [settings.sources for settings in form.told] == [(1, 2), (2,)]
    qtbot.keyClick(menu, Qt.Key.Key_Escape)
    assert not menu.isVisible()
    assert field.accessibleDescription() == "R&B"


def test_threads_that_are_chosen_automatically_do_not_read_as_none(qtbot):
    form = SettingsForm(ComputeSettings)
    qtbot.addWidget(form)
    field = form.fields["threads"]
    assert field.text() == "Automatic"
    field.set_value(3)
    assert field.text() == "3"
    field.selectAll()
    qtbot.keyClicks(field, "0")
    qtbot.keyClick(field, Qt.Key.Key_Return)
    assert field.text() == "Automatic"
    assert form.value().threads == 0


def test_networks_are_called_what_the_command_line_calls_them(qtbot):
    form = SettingsForm(TrainSettings)
    qtbot.addWidget(form)
    field = form.fields["architecture"]
    assert [field.itemText(at) for at in range(field.count())] == [
        field.itemData(at) for at in range(field.count())
    ]


def test_a_number_tells_its_bounds_and_a_choice_of_classes_does_not(make):
    form = make(AttackSettings)
    assert "Allowed: 1 to 255 grey levels." in form.fields["amplitude"].toolTip()
    form.set_choices("target", [(0, "cat"), (1, "dog")])
    assert "Allowed" not in form.fields["target"].toolTip()
    assert "are to be taken for" in form.fields["target"].toolTip()


def test_a_long_label_of_a_choice_ends_in_dots(qtbot):
    field = ChoiceField([(0, "cat with a very long name indeed"), (1, "dog")])
    qtbot.addWidget(field)
    field.resize(124, field.sizeHint().height())
    assert field.shown_text().startswith("cat with")
    assert field.shown_text().endswith("…")
    field.set_value(1)
    assert field.shown_text() == "dog"
