"""nusim report: the page as a file, what is refused, and the page in a browser."""

import os
import shlex
import shutil
import sys
from pathlib import Path

import pytest

from nusim.cli.main import build_parser

from .conftest import Run

pytest.importorskip("plotly")

QUICK = ("--quick", "-n", "20")


def test_a_page_is_written(nusim: Run, tmp_path: Path) -> None:
    out = tmp_path / "hnl.html"
    result = nusim("report", "hnl", "sbnd", "--set", "m4=0.2", "mixing2.mu=1e-9", *QUICK, "--json", "-o", out)
    assert result.code == 0
    document = result.document
    assert document["file"] == str(out)
    assert document["experiments"] == ["sbnd"]
    assert document["refused"] == {}
    assert document["verdict"] in ("excluded", "reachable", "allowed")
    page = out.read_text()
    line = shlex.join(["nusim", "report", "hnl", "sbnd", "--set", "m4=0.2", "mixing2.mu=1e-09", *QUICK, "-o", str(out)])
    assert f"<code>{line}</code>" in page
    assert [path.name for path in tmp_path.iterdir()] == ["hnl.html"]


def test_the_lines_of_a_page_are_commands(nusim: Run, tmp_path: Path) -> None:
    """They parse, and give what the page shows."""
    from html import unescape
    from re import findall

    out = tmp_path / "hnl.html"
    nusim("report", "hnl", "sbnd", "--set", "m4=0.2", "--seed", "2", "--without", "bounds", "-n", "20", "-o", out)
    page = out.read_text()
    lines = [unescape(line) for line in findall(r"<pre><code>(nusim .*?)</code></pre>", page)]
    assert [line.split()[1] for line in lines] == ["report", "masses", "widths", "rate", "reach", "events"]
    for line in lines:
        build_parser().parse_args(shlex.split(line)[1:])
    rate = nusim(*shlex.split(lines[3])[1:], "--json").document[0]
    assert f"{rate['selected_events']:.3g}" in page[page.index("most selected events") :][:200]
    reach = nusim(*shlex.split(lines[4])[1:], "--json").document["reaches"][0]
    # the page's contour starts with the same numbers
    assert f"[{reach['contours'][0][0][0]!r}," in page


@pytest.mark.parametrize(
    ("argv", "code", "message"),
    [
        (("report", "circel", "-o", "x.html"), 1, "unknown model card 'circel'; did you mean 'circle'?"),
        (("report", "hnl", "sbdn", "-o", "x.html"), 1, "unknown experiment card 'sbdn'; did you mean"),
        (("report", "hnl", "--set", "m4=-1", "-o", "x.html"), 1, "hnl.toml: m4 = -1: masses must be positive"),
        (("report", "hnl", "-n", "-5", "-o", "x.html"), 1, "events = -5: a whole number is needed, not negative"),
        (("report", "hnl", "-o", "x.pdf"), 2, "'x.pdf': the page's name ends in .html"),
        (("report", "hnl"), 2, "the following arguments are required: -o/--output"),
        (("report", "hnl", "--without", "rates", "-o", "x.html"), 2, "invalid choice: 'rates'"),
    ],
)
def test_refusals(nusim: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, argv: tuple[str, ...], code: int, message: str) -> None:
    monkeypatch.chdir(tmp_path)
    result = nusim(*argv)
    assert result.code == code
    assert message in result.err.splitlines()[-1]
    assert not list(tmp_path.iterdir())


def test_without_the_extra_one_line(nusim: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "plotly", None)
    result = nusim("report", "hnl", "-o", tmp_path / "x.html")
    assert (result.code, result.out) == (1, "")
    assert result.err == "nusim: a report needs plotly: pip install 'nusim[report]'\n"


CHROMIUM = next((path for name in ("chromium", "chromium-browser", "google-chrome") if (path := shutil.which(name))), None)


@pytest.mark.slow
@pytest.mark.skipif(CHROMIUM is None or shutil.which("chromedriver") is None, reason="needs Chromium and chromedriver")
@pytest.mark.parametrize("width", [1200, 600])
def test_in_a_browser(nusim: Run, tmp_path: Path, width: int) -> None:
    """No request but for the page itself, no error on the console, every figure drawn, nothing wider than the window."""
    import json

    webdriver = pytest.importorskip("selenium.webdriver")
    out = tmp_path / "hnl.html"
    nusim("report", "hnl", "sbnd", "-n", "50", "-o", out)
    options = webdriver.ChromeOptions()
    for argument in ("--headless=new", "--no-sandbox", "--disable-gpu", f"--window-size={width},1400"):
        options.add_argument(argument)
    options.binary_location = CHROMIUM
    options.set_capability("goog:loggingPrefs", {"browser": "ALL", "performance": "ALL"})
    service = webdriver.ChromeService(shutil.which("chromedriver"), env={**os.environ})
    with webdriver.Chrome(options=options, service=service) as browser:
        # headless windows have a least width; this sets that of the page
        browser.execute_cdp_cmd(
            "Emulation.setDeviceMetricsOverride", {"width": width, "height": 1400, "deviceScaleFactor": 1, "mobile": False}
        )
        browser.get(out.as_uri())
        drawn = browser.execute_script("return document.querySelectorAll('.plot .main-svg').length")
        plots = browser.execute_script("return document.querySelectorAll('.plot').length")
        assert plots >= 4
        assert drawn >= plots
        overflow = browser.execute_script("return document.documentElement.scrollWidth - window.innerWidth")
        assert overflow <= 0
        messages = [json.loads(entry["message"])["message"] for entry in browser.get_log("performance")]
        asked = [one["params"]["request"]["url"] for one in messages if one["method"] == "Network.requestWillBeSent"]
        assert [url for url in asked if not url.startswith(("data:", "blob:", out.as_uri()))] == []
        assert [entry for entry in browser.get_log("browser") if entry["level"] in ("SEVERE", "WARNING")] == []
