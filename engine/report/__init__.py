"""The report: one HTML file for people who were not there, and the same facts as JSON beside it.

The page has no script and asks for nothing from outside; whatever comes from a file is text in it.
"""

from engine.report.pages import report_html, report_json, write_report
from engine.report.subject import Subject

__all__ = ["Subject", "report_html", "report_json", "write_report"]
