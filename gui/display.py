"""Whether a window can be opened, found out without Qt: its loader aborts the whole process.

Only Linux has to ask. Elsewhere the libraries come with Qt, and there is always a display.
"""

import ctypes
import importlib.util
import os
import socket
import sys
from collections.abc import Mapping
from functools import cache
from pathlib import Path

LIBRARIES = {
    # library: package of Debian and Ubuntu, package of Fedora
    "libEGL.so.1": ("libegl1", "libglvnd-egl"),
    "libGL.so.1": ("libgl1", "libglvnd-glx"),
    "libX11.so.6": ("libx11-6", "libX11"),
    "libX11-xcb.so.1": ("libx11-xcb1", "libX11-xcb"),
    "libdbus-1.so.3": ("libdbus-1-3", "dbus-libs"),
    "libfontconfig.so.1": ("libfontconfig1", "fontconfig"),
    "libfreetype.so.6": ("libfreetype6", "freetype"),
    "libglib-2.0.so.0": ("libglib2.0-0", "glib2"),
    "libwayland-client.so.0": ("libwayland-client0", "libwayland-client"),
    "libwayland-cursor.so.0": ("libwayland-cursor0", "libwayland-cursor"),
    "libxcb.so.1": ("libxcb1", "libxcb"),
    "libxcb-cursor.so.0": ("libxcb-cursor0", "xcb-util-cursor"),
    "libxcb-glx.so.0": ("libxcb-glx0", "libxcb"),
    "libxcb-icccm.so.4": ("libxcb-icccm4", "xcb-util-wm"),
    "libxcb-image.so.0": ("libxcb-image0", "xcb-util-image"),
    "libxcb-keysyms.so.1": ("libxcb-keysyms1", "xcb-util-keysyms"),
    "libxcb-randr.so.0": ("libxcb-randr0", "libxcb"),
    "libxcb-render.so.0": ("libxcb-render0", "libxcb"),
    "libxcb-render-util.so.0": ("libxcb-render-util0", "xcb-util-renderutil"),
    "libxcb-shape.so.0": ("libxcb-shape0", "libxcb"),
    "libxcb-shm.so.0": ("libxcb-shm0", "libxcb"),
    "libxcb-sync.so.1": ("libxcb-sync1", "libxcb"),
    "libxcb-util.so.1": ("libxcb-util1", "xcb-util"),
    "libxcb-xfixes.so.0": ("libxcb-xfixes0", "libxcb"),
    "libxcb-xkb.so.1": ("libxcb-xkb1", "libxcb"),
    "libxkbcommon.so.0": ("libxkbcommon0", "libxkbcommon"),
    "libxkbcommon-x11.so.0": ("libxkbcommon-x11-0", "libxkbcommon-x11"),
}
PLUGINS = {"xcb": "libqxcb.so", "wayland": "libqwayland*.so", "offscreen": "libqoffscreen.so"}


def why_unreachable() -> str:
    """Why no display can be opened, in a few words; empty where one can."""
    if sys.platform != "linux" or _reachable_platforms(os.environ):
        return ""
    asked = [name for name in ("WAYLAND_DISPLAY", "DISPLAY") if os.environ.get(name)]
    if not asked:
        return "neither DISPLAY nor WAYLAND_DISPLAY is set"
    return " and ".join(f"nothing answers at {name}={os.environ[name]}" for name in asked)


def why_not_loadable() -> str:
    """The sentence on the system libraries that Qt lacks here; empty where it loads."""
    if sys.platform != "linux":
        return ""
    platforms = _reachable_platforms(os.environ)
    reasons = [_load_error(PLUGINS[name]) for name in platforms if name in PLUGINS]
    if not reasons or "" in reasons:
        return ""
    return _sentence(_missing_libraries(platforms), reasons[0])


def _reachable_platforms(environment: Mapping[str, str]) -> list[str]:
    """The platforms of Qt that can be reached, the preferred one first."""
    chosen = environment.get("QT_QPA_PLATFORM", "")
    if chosen and not chosen.startswith(("xcb", "wayland")):
        return [chosen]
    reachable = []
    if environment.get("WAYLAND_DISPLAY") and _wayland_answers(environment):
        reachable.append("wayland")
    if environment.get("DISPLAY") and _x_answers(environment["DISPLAY"]):
        reachable.append("xcb")
    return reachable


def _wayland_answers(environment: Mapping[str, str]) -> bool:
    folder = environment.get("XDG_RUNTIME_DIR", "")
    return _socket_answers(os.path.join(folder, environment["WAYLAND_DISPLAY"]))  # noqa: PTH118


@cache
def _x_answers(display: str) -> bool:
    """Ask as Qt will, through libxcb; where that is missing, whether the server's socket is.

    A connection that came about stays open: a virtual server starts anew when its last client
    leaves, and would just then turn Qt away.
    """
    try:
        xcb = ctypes.CDLL("libxcb.so.1")
    except OSError:
        number = display.rpartition(":")[2].split(".")[0]
        return _socket_answers(f"/tmp/.X11-unix/X{number}")  # noqa: S108 - X has it there
    xcb.xcb_connect.restype = ctypes.c_void_p
    connection = ctypes.c_void_p(xcb.xcb_connect(None, None))
    if xcb.xcb_connection_has_error(connection):
        xcb.xcb_disconnect(connection)
        return False
    return True


def _socket_answers(path: str) -> bool:
    with socket.socket(socket.AF_UNIX) as probe:
        probe.settimeout(1.0)
        return probe.connect_ex(path) == 0


def _load_error(plugin: str) -> str:
    """What the system's loader says of a platform plugin of Qt; empty where it loads."""
    package = importlib.util.find_spec("PySide6")
    folders = [] if package is None else package.submodule_search_locations or []
    for folder in folders:
        for path in (Path(folder) / "Qt" / "plugins" / "platforms").glob(plugin):
            try:
                ctypes.CDLL(str(path))
            except OSError as error:
                return str(error)
            return ""
    return "the window's package PySide6-Essentials is not installed"


def _missing_libraries(platforms: list[str]) -> list[str]:
    """The libraries that are not here; those for Wayland count only where it is in use."""
    missing = []
    for library in LIBRARIES:
        if library.startswith("libwayland") and "wayland" not in platforms:
            continue
        try:
            ctypes.CDLL(library)
        except OSError:
            missing.append(library)
    return missing


def _sentence(missing: list[str], reason: str) -> str:
    if not missing:
        return f"The window cannot be opened: {reason}. Mend that, or work without: main.py run"
    debian, fedora = (
        " ".join(dict.fromkeys(LIBRARIES[library][system] for library in missing))
        for system in (0, 1)
    )
    return (
        f"The window needs system libraries that are missing here ({', '.join(missing)})."
        f"\n  Debian, Ubuntu:  sudo apt install {debian}"
        f"\n  Fedora:          sudo dnf install {fedora}"
    )
