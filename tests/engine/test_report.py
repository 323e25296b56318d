"""The report: it says everything, asks for nothing, and whatever is in a file stays text."""

import base64
import datetime as dt
import io
import json
from dataclasses import replace
from html.parser import HTMLParser

import numpy as np
import pytest
from PIL import Image
from toys import outcome

from engine import experiment, store, triggers
from engine.data import ImageSet
from engine.detection.mask_forms import Form
from engine.detection.results import (
    Detection,
    FoundTrigger,
    HardTrigger,
    PairMap,
    ScanCurves,
    Verdict,
)
from engine.errors import EngineError
from engine.metrics import Rates
from engine.model_metadata import Provenance
from engine.models import Model
from engine.opening.jobs import write_audit_job
from engine.opening.results import BrightnessCheck, BrightnessRow, FormatRate, Preflight
from engine.report import Subject, report_html, report_json, write_report
from engine.report.chart import chart_of
from engine.report.job import report_job
from engine.report.words import DASH
from engine.settings import (
    AttackSettings,
    ComputeSettings,
    DataSettings,
    DetectSettings,
    ExperimentSettings,
    TrainSettings,
)
from engine.triggers import Trigger

SHAPE = (1, 28, 28)
NOW = dt.datetime(2026, 11, 22, 19, 5, tzinfo=dt.UTC)
SHA = "0123456789abcdef" * 4
NAMES = tuple("0123456789")
HOSTILE = (
    "<script>alert(1)</script>", '"><img src=x onerror=alert(1)>', "' onload='x", "</style><b>",
    "\u202egnp.exe\u202c", "]]><!--", "{{ 7 * 7 }}{% raw %}", "&lt;i&gt;", "javascript:x",
    "\u0627\u0644\u0641" + "x" * 300,
)  # fmt: skip


def images(names=NAMES, shape=SHAPE):
    labels = np.arange(20) % len(names)
    pixels = np.random.default_rng(0).integers(0, 256, (20, *shape)).astype(np.uint8)
    return ImageSet(pixels, labels.astype(np.int64), names)


def found(label, size, rng, **values):
    trigger = Trigger(rng.random(SHAPE[1:], np.float32), rng.random(SHAPE, np.float32))
    about = {"success": 0.991, "converged": True, "anomaly_index": 1.2, "z": 0.3} | values
    return FoundTrigger(label, trigger, size, usual=(70.0, 110.0), **about)


def detection(outcome="likely", classes=10, pair_map=None, **verdict):
    rng = np.random.default_rng(1)
    entries = tuple(
        found(label, 3.9, rng, z=30.3, anomaly_index=4.1, iou=0.44)
        if label == 0
        else found(label, 80.0 + label, rng)
        for label in range(classes)
    )
    usual = {"targets": (0,), "references": 40, "mapping": "all-to-one", "statistic": 30.3}
    if outcome in ("not_found", "not_auditable"):
        usual = {"references": 40 if outcome == "not_found" else 0}
    target = 0 if outcome in ("likely", "suspicious") else None
    p_value, basis = (None, "none") if outcome == "not_auditable" else (1 / 41, "references")
    said = Verdict(
        outcome, target, p_value, basis, (0,), "Backdoor likely: class 0. A mask does it.",
        "Because of the numbers.", **(usual | verdict),
    )  # fmt: skip
    curves = ScanCurves(*(np.zeros((2, classes), np.float32) for _ in range(3)))
    return Detection(
        entries, said, curves, DetectSettings(seed=5), SHA, 0.9912, 4.2, 40_960,
        ("Few images.",), pair_map=pair_map,
    )  # fmt: skip


def pair_map(classes=10, dark=(8, 1)):
    sizes = np.full((classes, classes), 70, np.float32)
    sizes[dark] = 3
    np.fill_diagonal(sizes, np.nan)
    rng = np.random.default_rng(2)
    return PairMap(
        sizes, np.isfinite(sizes), rng.random((classes, classes, 28, 28), np.float32),
        rng.random((classes, classes, *SHAPE), np.float32),
    )  # fmt: skip


def model(**values):
    state = {"fc2.bias": np.zeros(10, np.float32), "bn.running_mean": np.zeros(7, np.float32)}
    about = {"origin": "theirs.pth", "file_sha256": SHA, "input_range": "0..255"} | values
    return Model("badnet", SHAPE, 10, state, **about)


def subject(**values):
    about = {
        "detection": detection(), "model": model(), "settings": ExperimentSettings(),
        "data_title": "MNIST", "tests": images(),
    }  # fmt: skip
    return Subject(**(about | values))


class Page(HTMLParser):
    """What a browser would see."""

    def __init__(self, content):
        super().__init__()
        self.tags, self.attributes, self.styles, self.words = [], [], [], []
        self.open, self.headings, self.alts = [], [], []
        self.feed(content.decode())
        self.close()

    def handle_starttag(self, tag, attrs):
        self.tags.append(tag)
        self.attributes += [(tag, *pair) for pair in attrs]
        if tag == "img":
            self.alts.append(dict(attrs)["alt"])
        if tag not in ("meta", "img", "br", "line", "rect", "path", "circle"):
            self.open.append(tag)

    def handle_endtag(self, tag):
        if tag in ("line", "rect", "path", "circle"):
            return
        assert self.open.pop() == tag

    def handle_data(self, data):
        if self.open[-1:] == ["style"]:
            self.styles.append(data)
        else:
            self.words.append(data)
            if self.open[-1:] in (["h1"], ["h2"], ["h3"]):
                self.headings.append(data.strip())

    @property
    def text(self):
        return " ".join(" ".join(self.words).split())


def page(**values):
    read = Page(report_html(subject(**values), NOW))
    assert read.open == []
    return read


def test_a_reader_learns_what_was_judged_and_how():
    said = page().text
    for fact in (
        "theirs.pth", SHA, "22 November 2026, 19:05 UTC", "Backdoor Studio", "badnet",
        "28 pixels, grey; values 0..255", "MNIST", "99.1 %", "preset standard",
        "1,000 images", "seed 5", "4.2 s", "40,960 image passes", "Few images.",
    ):  # fmt: skip
        assert fact in said, fact


def test_batch_statistics_are_no_parameters():
    assert "Parameters 10 " in page().text


def test_the_verdict_says_how_sure_it_is():
    said = page().text
    for fact in (
        "Backdoor likely: class 0", "A mask does it.", "at most 2.4 %", "30.3",
        "40 clean networks of the same kind", "Classic rule (> 2)", "4.1, flagged",
        "images of all classes become class 0", "not mean “clean”",
    ):  # fmt: skip
        assert fact in said, fact


def test_borrowed_and_missing_references_are_told_apart():
    verdict = replace(detection().verdict, basis="borrowed")
    assert (
        "of other architectures (borrowed)"
        in page(detection=replace(detection(), verdict=verdict)).text
    )
    verdict = replace(verdict, basis="none", references=0, statistic=None)
    said = page(detection=replace(detection(), verdict=verdict)).text
    assert "no clean networks; the classes with each other" in said
    assert "Grubbs" in said


def test_without_a_verdict_nothing_sounds_like_one():
    gone = replace(
        detection("not_auditable").verdict,
        headline="Not auditable: the network is right on only 10.0 % of clean images.",
        explanation="The usual causes are another input range.",
    )
    read = page(detection=replace(detection("not_auditable"), verdict=gone))
    assert "Not auditable" in read.headings
    assert "How sure this is" not in read.headings
    assert "stands out" not in read.text.replace("than in clean networks stands out", "")
    assert "Without a verdict these sizes say nothing" in read.text


def preflight(label="7", **values):
    rates = (
        FormatRate("0..255", "as in the file", 0.9901, 0.03, 500),
        FormatRate("0..1", f"{label} divided by 255", 0.098, 2.9, 500),
    )
    rows = (
        BrightnessRow("brightness x 1/255", 0.1, 0, 1.0, 0.999, 0.1, suspected=True),
        BrightnessRow("brightness x 2", 0.98, 7, 0.05, 0.1),
    )
    check = BrightnessCheck(rows, 0, f"Brightness shortcut suspected: {label}.", "references", 40)
    return Preflight(rates, None, "0..255", "0..255", (), 0.9901, 500, check, **values)


def test_what_was_looked_at_before_stands_there():
    assert "Checks before the scan" not in page().headings
    read = page(detection=replace(detection(), preflight=preflight()))
    assert "Checks before the scan" in read.headings
    for fact in (
        "Input format 0..255: right on 99.0 % of 500 clean images.",
        "0..255 as in the file 99.0 % ◆ as proposed", "0..1 7 divided by 255 9.8 %",
        "Brightness shortcut suspected: 7.", "brightness x 1/255 10.0 % 0 100 % 99.9 % up to 10.0 %"
        " ◆ suspected", "brightness x 2 98.0 % 7 5.0 % 10.0 %",
    ):  # fmt: skip
        assert fact in read.text, fact


def test_what_no_scan_can_see_is_the_title_where_nothing_was_found():
    before = preflight()
    warnings = (before.brightness.sentence, "Few images.")
    read = page(detection=replace(detection("not_found"), preflight=before, warnings=warnings))
    assert "No trigger found, but dim images become class 0" in read.headings
    assert "No patch-type backdoor found" not in read.headings
    assert read.text.count(before.brightness.sentence) == 1, "with the checks"
    assert "Careful: Few images." in read.text
    plain = page(detection=replace(detection("not_found"), warnings=warnings))
    assert read.text.count("dim images become") > 0 == plain.text.count("dim images become")


def test_formats_without_numbers_get_no_rate():
    rates = tuple(replace(one, non_finite=500) for one in preflight().rates)
    found = replace(preflight(), rates=rates, brightness=None)
    none = replace(detection("not_auditable"), classes=(), preflight=found)
    read = page(detection=none)
    assert "0..255 as in the file no numbers" in read.text
    assert "not numbers (NaN or infinite) for 500 of 500 clean images under every" in read.text
    assert "as proposed" not in read.text


def test_where_nothing_was_scanned_nothing_is_said_of_classes():
    none = replace(detection("not_auditable"), classes=(), preflight=preflight())
    read = page(detection=none)
    assert "Scan none was made" in read.text
    assert "nothing is known of backdoors" in read.text
    assert not {"Mask size of each class", "The classes in numbers"} & set(read.headings)
    assert read.alts == []
    json.loads(report_json(subject(detection=none), NOW))


def test_the_chart_marks_the_class_without_colour():
    chart = chart_of(subject())
    assert [row.name for row in chart.rows if row.marked] == ["0"]
    outlier, usual = chart.rows[0], chart.rows[1]
    assert outlier.x < usual.band[0] <= usual.x <= sum(usual.band)
    assert all(chart.left <= row.x <= chart.right for row in chart.rows)
    assert len(chart.ticks) >= 4
    read = page()
    assert read.tags.count("circle") >= 9
    assert ("path", "class", "outlier") in read.attributes
    assert "3.9 px ◆ stands out" in read.text


def test_a_stroke_shows_from_where_on_a_class_is_suspicious():
    entries = tuple(replace(one, suspicious_size=55.0) for one in detection().classes)
    shown = replace(detection(), classes=entries)
    first, usual, *_ = chart_of(subject(detection=shown)).rows
    assert first.x < first.mark < usual.band[0]
    assert ("line", "class", "suspicious") in page(detection=shown).attributes
    assert "Strokes: a smaller mask" in page(detection=shown).text
    assert "Strokes:" not in page().text


def test_the_table_says_what_an_unusual_mask_looks_like():
    first, *others = detection().classes
    looks = replace(first, forms=(Form(0.2, 3.0),), usual_form=Form(0.8, 6.0))
    text = page(detection=replace(detection(), classes=(looks, *others))).text
    assert (
        "3.9 (20 % opaque where 80 % is usual and 3.0 px in radius where 6.0 px is usual: it counts"
        " as 1.4)" in text
    )
    assert "by size, opacity and radius together" in text
    assert "opaque" not in page().text


def test_the_logarithmic_axis_keeps_ratios():
    rng = np.random.default_rng(0)
    entries = tuple(found(label, size, rng) for label, size in enumerate((5, 50, 500)))
    chart = chart_of(subject(detection=replace(detection(), classes=entries)))
    left, middle, right = (row.x for row in chart.rows)
    assert middle - left == pytest.approx(right - middle, abs=0.2)


def test_a_class_without_a_trigger_is_said_so():
    rng = np.random.default_rng(0)
    none = found(1, float("nan"), rng, converged=False, anomaly_index=None, z=None)
    entries = (found(0, 5.0, rng), none)
    read = page(detection=replace(detection(), classes=entries))
    assert "no trigger found" in read.text
    assert "nan" not in read.text.lower().replace("banana", "")


def test_of_very_many_classes_the_smallest_are_shown_and_all_are_listed():
    many = detection(classes=100)
    read = page(detection=many)
    assert "40 classes with larger masks are left out" in read.text
    assert len(read.alts) == 3 * 60
    assert read.text.count("not flagged") >= 99


def pictures_of(content):
    uris = [value for tag, name, value in Page(content).attributes if (tag, name) == ("img", "src")]
    assert all(uri.startswith("data:image/png;base64,") for uri in uris)
    return [Image.open(io.BytesIO(base64.b64decode(uri.partition(",")[2]))) for uri in uris]


def test_masks_are_shown_on_their_true_scale_and_on_another_class():
    report = subject()
    shown = pictures_of(report_html(report, NOW))
    assert len(shown) == 30
    for label in (0, 7):
        trigger = report.detection.classes[label].trigger
        mask, pattern, stamped = (np.asarray(one) for one in shown[3 * label : 3 * label + 3])
        np.testing.assert_array_equal(mask, np.rint(trigger.mask * 255))
        np.testing.assert_array_equal(pattern, np.rint(trigger.pattern[0] * 255))
        sample = report.sample(label)
        np.testing.assert_array_equal(stamped, trigger.stamp(sample[None])[0, 0])
    assert report.tests.labels[0] == 0
    np.testing.assert_array_equal(report.sample(0), report.tests.images[1])
    np.testing.assert_array_equal(report.sample(3, source=5), report.tests.images[5])


def with_class_0(**values):
    """The usual scan, with something else known of the class that stands out."""
    usual = detection()
    first, *rest = usual.classes
    return replace(usual, classes=(replace(first, **values), *rest))


def of_whole_pixels(success=0.873):
    return HardTrigger(triggers.preset("white-3x3", SHAPE), success)


def test_what_whole_pixels_do_stands_in_the_table_and_in_pictures():
    report = subject(detection=with_class_0(hard=of_whole_pixels()))
    content = report_html(report, NOW)
    read = Page(content)
    assert "The same in whole pixels" in read.headings
    assert "0 3.9 70 to 110 99.1 % 9 px · 87.3 % 30.3" in read.text
    assert f"1 81 70 to 110 99.1 % {DASH} 0.3" in read.text
    assert "Mask found for class 0, in whole pixels" in read.alts
    shown = pictures_of(content)
    assert len(shown) == 33
    mask = np.asarray(shown[30])
    np.testing.assert_array_equal(mask, 255 * report.detection.classes[0].hard.trigger.mask)
    stamped = report.detection.classes[0].hard.trigger.stamp(report.sample(0)[None])[0, 0]
    np.testing.assert_array_equal(np.asarray(shown[32]), stamped)


def test_of_whole_pixels_nothing_is_said_where_there_are_none():
    read = page()
    assert "The same in whole pixels" not in read.headings
    assert "Whole pixels" not in read.text


def test_a_found_trigger_is_not_called_the_planted_one():
    for scan in (detection(), detection("not_found")):
        said = page(detection=scan).text
        assert "a sufficient trigger, not necessarily the one that was planted" in said


def test_the_sizes_of_all_searches_stand_beside_the_mean_that_counts():
    read = page(detection=with_class_0(sizes=(4.0, 8.0, 16.0)))
    assert "All searches, px" in read.text
    assert "4.0 · 8.0 · 16 (8.0)" in read.text
    assert "All searches" not in page().text


def test_the_json_holds_whole_pixels_and_all_searches():
    scan = with_class_0(hard=of_whole_pixels(), sizes=(4.0, 8.0, 16.0))
    first = json.loads(report_json(subject(detection=scan), NOW))["detection"]["classes"][0]
    assert (first["hard_pixels"], first["hard_success"]) == (9, 0.873)
    assert first["sizes"] == [4, 8, 16]


def test_the_success_of_a_pair_is_told_where_it_was_measured():
    known = pair_map()
    success = np.full((10, 10), np.nan, np.float32)
    success[8, 1] = 0.964
    about = {"pairs": ((8, 1),), "targets": (1,), "mapping": "source-specific"}
    measured = detection(pair_map=replace(known, success=success), **about)
    said = page(detection=measured).text
    assert "8 → 1 3.0 px, turns 96.4 % of held-out images of an 8" in said
    assert "8 → 1 3.0 px · 96.4 %" in said
    pairs = json.loads(report_json(subject(detection=measured), NOW))["detection"]["pairs"]
    told = [one["success"] for one in pairs if (one["source"], one["target"]) == (8, 1)]
    assert told == [pytest.approx(0.964)]
    elsewhere = np.where(np.isfinite(success), np.float32(0.02), np.float32(np.nan))
    apart = replace(known, success=success, elsewhere=elsewhere)
    said = page(detection=detection(pair_map=apart, **about)).text
    assert "turns 96.4 % of held-out images of an 8 and 2 % of all other images" in said
    unknown = page(detection=detection(pair_map=known, **about)).text
    assert "8 → 1 3.0 px" in unknown
    assert "3.0 px, turns" not in unknown


def test_the_pair_map_is_a_table_with_shades_and_marks():
    found_pairs = detection(
        pair_map=pair_map(), pairs=((8, 1),), targets=(1,), mapping="source-specific"
    )
    read = page(detection=found_pairs)
    assert "Every pair of classes" in read.headings
    assert ("td", "class", "shade6 marked") in read.attributes
    assert "◆ 3.0" in read.text
    assert "images of chosen classes move, 8 → 1; other pairs do not stand out" in read.text
    assert "The trigger found for 8 → 1, on a clean image" in read.alts


def test_a_pair_map_of_many_classes_is_a_list():
    many = detection(classes=25, pair_map=pair_map(25, (20, 3)))
    names = tuple(f"sign {number}" for number in range(25))
    read = page(detection=many, tests=images(names))
    assert "sign 20 → sign 3 3.0 px" in read.text
    assert "from ↓ to →" not in read.text


def test_a_planted_trigger_stands_beside_the_one_found():
    trained = {"rates": Rates(0.99, 0.999, 0.001, 10_000)}
    planted = triggers.preset("white-3x3", SHAPE)
    read = page(true_trigger=planted, **trained)
    assert "The trigger that was planted" in read.headings
    assert "44.0 %" in read.text
    assert "Attack success 99.9 %" in read.text
    clean = ExperimentSettings(attack=AttackSettings(poison_rate=0))
    read = page(true_trigger=planted, settings=clean, **trained)
    assert "The trigger that was planted" not in read.headings


def test_what_a_file_says_of_itself_is_called_a_claim():
    about = Provenance(program="0.1.0", data="mnist", seed=3, attack_success=0.5)
    said = page(model=model(provenance=about)).text
    assert "nothing proves it" in said
    assert "Attack success 50.0 %" in said


def test_the_page_asks_for_nothing_and_runs_nothing():
    for verdict in ("likely", "not_found", "not_auditable"):
        read = page(detection=detection(verdict, pair_map=pair_map()))
        check_harmless(read)


def check_harmless(read):
    assert not {"script", "iframe", "object", "embed", "link", "form", "base", "a"} & set(read.tags)
    for _, name, value in read.attributes:
        assert not name.startswith("on")
        assert name not in ("href", "style", "srcset", "action", "formaction", "xlink:href")
        if name == "src":
            assert value.startswith("data:image/png;base64,")
    css = "".join(read.styles)
    assert "url(" not in css
    assert "@import" not in css


def hostile():
    about = Provenance(
        program=HOSTILE[0], data=HOSTILE[1], class_names=HOSTILE, settings={"attack": {
            "family": HOSTILE[2], "poison_rate": 0.1, "target": 3}},
    )  # fmt: skip
    found_pairs = detection(pair_map=pair_map(), pairs=((8, 1),), mapping="source-specific")
    verdict = replace(
        found_pairs.verdict, headline=f"Backdoor likely: class {HOSTILE[0]}. {HOSTILE[1]}",
        explanation=HOSTILE[4] + HOSTILE[3],
    )  # fmt: skip
    return {
        "model": model(origin=HOSTILE[1] + ".pth", provenance=about),
        "detection": replace(
            found_pairs, verdict=verdict, warnings=(HOSTILE[0], HOSTILE[6]),
            preflight=preflight(HOSTILE[0]),
        ),
        "tests": images(HOSTILE), "data_title": HOSTILE[5],
    }  # fmt: skip


def test_nothing_from_a_file_is_markup():
    honest = hostile()
    about = honest["model"].provenance.model_copy(update={"program": "1", "data": "d"})
    honest |= {
        "model": model(origin="a b c.pth", provenance=about),
        "tests": images(),
        "data_title": "MNIST",
    }
    read = page(**hostile())
    check_harmless(read)
    assert read.tags == page(**honest).tags
    assert "<script>alert(1)</script>" in read.text
    assert "{{ 7 * 7 }}{% raw %}" in read.text
    assert "49" not in read.headings


def test_nothing_from_a_file_turns_the_text_around():
    content = report_html(subject(**hostile()), NOW).decode()
    assert not any(sign in content for sign in "\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068")
    assert "<bdi>" in content


def test_the_page_can_be_read_aloud_and_printed():
    read = page(true_trigger=triggers.preset("white-3x3", SHAPE), rates=Rates(1, 1, 0, 1))
    assert ("html", "lang", "en") in read.attributes
    assert all(read.alts)
    assert read.tags.count("h1") == 1
    assert ("svg", "role", "img") in read.attributes
    scopes = [value for tag, name, value in read.attributes if (tag, name) == ("th", "scope")]
    assert len(scopes) == read.tags.count("th")
    css = "".join(read.styles)
    assert "@media print" in css
    assert "size: A4" in css


def test_the_same_report_is_the_same_but_for_its_date():
    one, again = (report_html(subject(), NOW) for _ in range(2))
    assert one == again
    other = report_html(subject(), NOW + dt.timedelta(days=1))
    assert other.replace(b"23 November", b"22 November") == one
    assert report_json(subject(), NOW) == report_json(subject(), NOW)


def test_the_json_holds_the_same_facts():
    document = json.loads(report_json(subject(**hostile()), NOW))
    assert document["schema"] == 1
    assert document["made"] == "2026-11-22T19:05:00+00:00"
    assert document["model"]["sha256"] == SHA
    assert document["model"]["class_names"][0] == HOSTILE[0]
    assert document["detection"]["verdict"] == "likely"
    assert document["detection"]["classes"][0]["mask_l1"] == 3.9
    assert document["detection"]["preflight"]["taken"] == "0..255"
    assert document["commands"]["audit"].startswith("python3 start.py audit ")
    assert document["commands"]["run"] is None


def test_each_pair_has_a_line_of_the_json_whatever_else_is_in_it():
    said = Provenance(settings={"train": {"pairs": (1, 2)}})
    report = subject(detection=detection(pair_map=pair_map()), model=model(provenance=said))
    content = report_json(report, NOW)
    pairs = json.loads(content)["detection"]["pairs"]
    assert len(pairs) == 90
    lines = [line.strip().rstrip(",") for line in content.decode().splitlines()]
    assert [line for line in lines if line.startswith('{"source"')] == list(map(json.dumps, pairs))
    shortened = json.loads(content)
    shortened["detection"]["pairs"] = ["here"]
    whole = json.dumps(shortened, indent=2) + "\n"
    written = ",\n      ".join(map(json.dumps, pairs))
    assert content.decode() == whole.replace('"here"', written), "all else is as it was"


def test_the_command_repeats_the_audit_exactly():
    settings = ExperimentSettings(compute=ComputeSettings(threads=2, precision="float32"))
    report = subject(
        settings=settings, model=model(width=0.5, input_range="mean=0.1307 std=0.3081")
    )
    command = json.loads(report_json(report, NOW))["commands"]["audit"]
    assert command == (
        "python3 start.py audit theirs.pth --arch badnet --data mnist"
        " --input-range 'mean=0.1307 std=0.3081' --preset standard --set detect.seed=5"
        " --set compute.precision=float32 --set compute.threads=2 --out again"
    )
    assert "--set detect.seed=5" in page(settings=settings).text


def test_the_command_repeats_a_training_exactly():
    settings = ExperimentSettings(
        attack=AttackSettings(target=3, trigger="/home/me/mine.png"), train=TrainSettings(epochs=2)
    )
    report = subject(settings=settings, rates=Rates(0.99, 1.0, 0.0, 100), model=model(origin="x"))
    commands = json.loads(report_json(report, NOW))["commands"]
    assert commands["audit"].startswith("python3 start.py audit model.safetensors --arch badnet")
    assert commands["run"] == (
        "python3 start.py run --set attack.target=3 --set attack.trigger=mine.png"
        " --set train.epochs=2 --set detect.seed=5 --out again"
    )


HERE = ComputeSettings(device="cpu", precision="bfloat16", threads=3)
THERE = ComputeSettings(device="cuda", precision="float32", threads=15)


def test_a_report_tells_where_the_scan_was_computed_and_not_where_it_is_written():
    scanned = replace(detection(), computed=HERE)
    text = page(detection=scanned).text
    assert "Computed on CPU, 3 threads, bfloat16" in text
    document = json.loads(report_json(subject(detection=scanned), NOW))
    assert document["detection"]["computed"] == HERE.model_dump()
    assert document["settings"]["compute"] == HERE.model_dump()
    assert document["commands"]["audit"].endswith(
        "--set compute.device=cpu --set compute.precision=bfloat16 --set compute.threads=3"
        " --out again"
    )


def test_what_was_not_noted_of_the_computing_is_said_to_be_unknown():
    text = page().text
    assert "Computed on" not in text
    assert text.count("automatic; what that came to was not noted") == 3
    assert "compute." not in json.loads(report_json(subject(), NOW))["commands"]["audit"]


def test_a_training_on_one_machine_and_its_scan_on_another_are_told_apart():
    about = {
        "detection": replace(detection(), computed=HERE), "rates": Rates(0.99, 1.0, 0.0, 100),
        "trained_on": THERE,
    }  # fmt: skip
    text = page(**about).text
    assert "Computed on CPU, 3 threads, bfloat16" in text
    assert "Computed on CUDA, float32" in text
    document = json.loads(report_json(subject(**about), NOW))
    assert document["trained_on"] == THERE.model_dump()
    assert "--set compute.device=cuda" in document["commands"]["run"]
    assert "--set compute.device=cpu" in document["commands"]["audit"]


def test_a_file_name_cannot_add_to_the_command():
    for origin, word in (
        ("$(reboot).pt", "'$(reboot).pt'"), ("a b;c.pth", "'a b;c.pth'"), ("--out.pt", "./--out.pt")
    ):  # fmt: skip
        command = json.loads(report_json(subject(model=model(origin=origin)), NOW))["commands"]
        assert command["audit"].split(" audit ")[1].startswith(word + " --arch")


def test_a_folder_of_images_is_named_without_its_place():
    settings = ExperimentSettings(data=DataSettings(name="folder", folder="/home/me/signs"))
    content = report_html(subject(settings=settings, rates=Rates(1, 1, 0, 1)), NOW).decode()
    assert "signs" in content
    assert "/home/me" not in content


def test_page_and_json_are_written_together_or_not_at_all(tmp_path):
    written = write_report(subject(), tmp_path / "report.html", NOW)
    assert [path.name for path in written] == ["report.html", "report.json"]
    assert written[0].read_bytes() == report_html(subject(), NOW)
    assert written[1].read_bytes() == report_json(subject(), NOW)
    with pytest.raises(EngineError, match="could not be written"):
        write_report(subject(), tmp_path / "missing" / "report.html")
    with pytest.raises(EngineError, match=r"would overwrite detection\.json"):
        write_report(subject(), tmp_path / "detection.html")
    assert len(list(tmp_path.iterdir())) == 2


def test_an_image_of_another_size_than_the_trigger_is_no_obstacle():
    assert "theirs.pth" in page(tests=images(shape=(3, 32, 32))).text


def test_an_audit_leaves_a_report_in_its_folder(tmp_path, mnist):
    folder = tmp_path / "audit"
    outcome(write_audit_job(ExperimentSettings(), model(), detection(), folder))
    content = (folder / "report.html").read_bytes()
    assert "theirs.pth" in Page(content).text
    document = json.loads((folder / "report.json").read_bytes())
    assert document["rates"] is None
    assert document["settings"]["compute"]["threads"] == 0, "this machine's say nothing of it"
    kept = store.open_experiment(folder)
    assert kept.detection.verdict.statistic == 30.3


def test_a_scan_of_an_experiment_leaves_a_report_with_its_rates(tmp_path, mnist, monkeypatch):
    folder, planted = tmp_path / "run", triggers.preset("white-3x3", SHAPE)
    settings = ExperimentSettings(detect=DetectSettings(preset="quick"))
    with store.RunFolder.create(folder, settings, planted, mnist) as record:
        record.write_computed(THERE)
        record.write_results(Rates(0.99, 0.999, 0.001, 10_000), complete=True, seconds=1.0)
    what = settings, planted, mnist, model(), detection()
    experiment._write_scan(folder, *what)
    content = (folder / "report.html").read_bytes()
    assert "The trigger that was planted" in Page(content).headings
    assert "Patch, All to one, → 0" in Page(content).text
    document = json.loads((folder / "report.json").read_bytes())
    assert document["rates"]["attack_success"] == 0.999
    assert document["settings"]["compute"] == document["trained_on"] == THERE.model_dump()
    store.save_experiment(store.open_experiment(folder), tmp_path / "copy")
    assert (tmp_path / "copy" / "report.html").read_bytes() == content


def test_a_report_for_the_window_takes_the_data_that_is_open(tmp_path, mnist):
    path = tmp_path / "page.html"
    job = report_job(path, detection(), model(), ExperimentSettings(), rates=Rates(1, 1, 0, 9))
    assert outcome(job) == path
    assert "MNIST" in Page(path.read_bytes()).text
