#!/usr/bin/env python3
"""The page at / in a real browser, on a real server: page.py EARSHOT PICTURE

Hears recordings that `earshot score` has judged too, in headless Chromium (Debian's chromium and chromium-driver, selenium
of PyPI), by mouse, by keyboard and by microphone. PICTURE is the screenshot that docs/page.png is a copy of.
"""

import os
import pathlib
import shutil
import sys
import tempfile
import time

import page_server
import serve_words
import small_png

CHROMIUM, DRIVER = (shutil.which(name) for name in ("chromium", "chromedriver"))
try:
    from selenium import webdriver
    from selenium.common.exceptions import TimeoutException
    from selenium.webdriver.chrome.service import Service
    from selenium.webdriver.common.action_chains import ActionChains
    from selenium.webdriver.common.by import By
    from selenium.webdriver.common.keys import Keys
    from selenium.webdriver.support.ui import Select, WebDriverWait
except ImportError:
    webdriver = None

PATIENCE_S = 60  # the machine may have other work
MOST_PICTURE_BYTES = 150 * 1024
CHECKS = (pathlib.Path(__file__).parent / "page_checks.js").read_text()


def skip_where_impossible():
    missing = [words for words, found in (("chromium (Debian: chromium)", CHROMIUM),
                                          ("chromedriver (Debian: chromium-driver)", DRIVER),
                                          ("selenium (PyPI)", webdriver)) if not found]
    if missing:
        print(f"SKIPPED: the page is not tested, for want of {', '.join(missing)}")
        sys.exit(77)


class Page:
    """One browser, and words for what a person does with the page."""

    def __init__(self, folder, *more):
        options = webdriver.ChromeOptions()
        options.binary_location = CHROMIUM
        for option in ("--headless=new", "--no-sandbox", "--disable-dev-shm-usage", "--force-device-scale-factor=1",
                       "--window-size=900,1000", f"--user-data-dir={folder}", "--autoplay-policy=no-user-gesture-required",
                       *more):
            options.add_argument(option)
        options.set_capability("goog:loggingPrefs", {"browser": "ALL"})
        self.driver = webdriver.Chrome(options=options, service=Service(DRIVER))

    def find(self, css):
        return self.driver.find_element(By.CSS_SELECTOR, css)

    def all(self, css):
        return self.driver.find_elements(By.CSS_SELECTOR, css)

    def text(self, css):
        """Of what stands there at this moment, in one step: a result may just be replaced."""
        return self.do("return document.querySelector(arguments[0])?.textContent ?? ''", css)

    def do(self, script, *given):
        return self.driver.execute_script(script, *given)

    def until(self, what, is_true):
        try:
            return WebDriverWait(self.driver, PATIENCE_S, 0.05).until(lambda _: is_true())
        except TimeoutException:
            sys.exit(f"{what}: not within {PATIENCE_S} s; status '{self.text('#status')}', error '{self.text('#error')}', "
                     f"console {self.driver.get_log('browser')}")

    def open(self, address):
        self.driver.get(address)
        self.until("the models are listed", lambda: self.all("#models tbody tr") or self.find("#key-form").is_displayed())

    def hear(self, path, group=None):
        """Until the verdict stands there, or a sentence that says why not."""
        if group:
            Select(self.find("#group")).select_by_value(group)
        self.find("#file").send_keys(str(path))
        self.wait_for_answer()

    def wait_for_answer(self):
        self.until("an answer", lambda: self.text("#error") or not self.text("#status").endswith("…"))

    def check(self, state):
        """Names, structure, contrast and width, in the light and in the dark."""
        for scheme in ("light", "dark"):
            self.emulate("prefers-color-scheme", scheme)
            faults = self.do(CHECKS)
            expect(not faults, f"{state}, {scheme}: {'; '.join(faults)}")
        self.emulate("prefers-color-scheme", "light")

    def emulate(self, name, value):
        self.driver.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": [{"name": name, "value": value}]})

    def resize(self, width, height):
        self.driver.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", {
            "width": width, "height": height, "deviceScaleFactor": 1, "mobile": width < 600})

    def complaints(self):
        """Of the browser itself: refused by the policy, or an exception nobody caught."""
        return [entry["message"] for entry in self.driver.get_log("browser")
                if entry["source"] in ("security", "javascript") or "Content Security Policy" in entry["message"]]

    def close(self):
        self.driver.quit()


def expect(is_true, sentence):
    if not is_true:
        sys.exit(sentence)


def same(found, expected, what):
    expect(found == expected, f"{what}: {found!r} where {expected!r} was expected")


# --------------------------------------------------------------------------------------------------- what is heard


def listed_groups(page):
    return [option.get_attribute("value") for option in Select(page.find("#group")).options]


def group_of(page, machine):
    return next(group for group in listed_groups(page) if group.startswith(machine))


def check_verdict(page, given, machine, label):
    """Verdict, score and curve are those of `earshot score`."""
    path = page_server.recording(given["folder"], machine, label)
    group = group_of(page, machine)
    row, patches = page_server.score_by_command(given["earshot"], given["model"], path, group)
    page.hear(path, group)
    same(page.text("#error"), "", f"{path}: complaint")
    words = "Sounds normal" if row["verdict"] == "normal" else "Does not sound normal"
    same(page.text("article .verdict"), words, f"{path}: verdict")
    shown = page.do("return figure(arguments[0])", float(row["score"]))
    expect(page.text("article .why").startswith(f"Score {shown}, "), f"{path}: score {shown} is not in '{page.text('article .why')}'")
    share = page.do("return percent(arguments[0])", float(row["percentile"]))
    expect(f" {share} of normal recordings" in page.text("article .why"), f"{path}: percentile {share} is not told")
    shown = [float(text) for text in page.do(
        "return [...document.querySelectorAll('article tbody tr')].map((row) => row.cells[2].textContent)")]
    same(len(shown), len(patches), f"{path}: patches")
    for found, expected in zip(shown, patches):
        expect(abs(found - expected) <= 1e-3 * abs(expected) + 1e-6, f"{path}: a patch scores {found}, by score {expected}")
    same(page.do("return document.querySelector('article .curve').getAttribute('d').match(/[ML]/g).length"), len(patches),
         "points of the curve")
    given["heard"][row["verdict"]] = machine, label


def check_picture(page):
    page.until("a picture", lambda: page.do("return document.querySelector('article img').naturalWidth") > 0)
    width, height = page.do("const image = document.querySelector('article img'); return [image.naturalWidth, image.naturalHeight]")
    expect(width >= 600 and height >= 64, f"the picture has {width} × {height} pixels")
    expect("its score is highest" in page.find("article img").get_attribute("alt"), "the picture's words do not tell the moment")


def test_hear(page, given):
    page.open(given["address"])
    page.check("opened")
    for machine in page_server.MACHINES:
        for label in ("normal", "abnormal"):
            check_verdict(page, given, machine, label)
    same(set(given["heard"]), {"normal", "not normal"}, "verdicts, so that both were seen")
    check_picture(page)
    page.check("a result is shown")
    page.until("the load is told", lambda: " heard, " in page.text("#load"))
    page.until("and counts", lambda: not page.text("#load").split("·")[1].strip().startswith("0 "))


def test_policy(page, given):
    """The server names what may run; nothing that runs was refused."""
    policy = page.do("return fetch('/').then((answer) => answer.headers.get('Content-Security-Policy'))") or ""
    expect("default-src 'none'" in policy and "unsafe" not in policy, f"Content-Security-Policy is '{policy}'")
    foreign = page.do("return performance.getEntriesByType('resource').map((entry) => entry.name)"
                      ".filter((name) => !name.startsWith(location.origin) && !/^(blob|data):/.test(name))")
    same(foreign, [], "addresses of elsewhere")
    same(page.complaints(), [], "complaints of the browser")


def test_network(page, given):
    Select(page.find("#model")).select_by_value("squeezenet1_1")
    expect(not page.find("#group").is_displayed(), "a bare network has groups to choose")
    page.hear(page_server.recording(given["folder"], "valve", "normal"))
    expect(page.text("article .verdict").startswith("No verdict"), f"a bare network judges: {page.text('article .verdict')}")
    page.until("its picture", lambda: page.do("return document.querySelector('article img').naturalWidth") > 0)
    Select(page.find("#model")).select_by_value("line")


def test_bad_files(page, given):
    """One sentence, and no text of a stranger becomes markup."""
    name = "<img src=x onerror=document.title='owned'>.wav"
    path = pathlib.Path(given["folder"]) / name
    path.write_bytes(b"this is no sound")
    page.hear(path)
    expect(page.text("#error").strip(), "a file that is no sound raises no complaint")
    same(page.all("#error *"), [], "elements in the complaint")
    shutil.copy(page_server.recording(given["folder"], "fan", "normal"), path)
    page.hear(path)
    same(page.text("#error"), "", "complaint of an oddly named file")
    expect(name in page.text("article h3"), "an oddly named file is not shown by its name")
    same(page.all("article h3 *"), [], "elements in the title")
    same(page.driver.title, "earshot", "the page's title")


def test_drop(page, given):
    page.do("""const given = new DataTransfer();
        given.items.add(wavFile(new Float32Array(32000).map(() => Math.random() - 0.5), 16000, "dropped.wav"));
        document.dispatchEvent(new DragEvent("drop", { dataTransfer: given, cancelable: true }));""")
    page.until("a dropped file is heard", lambda: page.text("article h3").startswith("dropped.wav"))


def test_compare(page, given):
    group = group_of(page, "valve")
    page.hear(page_server.recording(given["folder"], "valve", "normal"), group)
    page.find("article .keep").click()
    page.hear(page_server.recording(given["folder"], "valve", "abnormal"), group)
    same(len(page.all("article")), 2, "recordings side by side")
    limits = page.do("return [...document.querySelectorAll('path.limit:not(.halo)')].map((line) => line.getAttribute('d'))")
    same(limits[0], limits[1], "threshold of the other one, drawn on the same scale")
    expect("same scales" in page.text("article .compared"), "nothing says that scales are the same")
    page.check("two are compared")


# -------------------------------------------------------------------------------------------- by other means


def press(page, *keys):
    for key in keys:
        ActionChains(page.driver).send_keys(key).perform()


def focused(page):
    return page.do("const at = document.activeElement; return at.id || at.className || at.textContent || at.localName")


def tab_to(page, css):
    """Tab until there; everything on the way shows where the focus is (a player's controls are the browser's)."""
    for _ in range(60):
        press(page, Keys.TAB)
        expect(page.do("const at = document.activeElement, style = getComputedStyle(at);"
                       "return at.matches('body, audio') || style.outlineStyle !== 'none' && parseFloat(style.outlineWidth) >= 2"),
               f"the focus on {focused(page)} is not to be seen")
        if page.do("return document.activeElement.matches(arguments[0])", css):
            return
    sys.exit(f"Tab does not lead to {css}")


def test_keyboard(page, given):
    page.open(given["address"])
    page.do("document.body.focus()")
    tab_to(page, "#model")
    tab_to(page, "#group")
    press(page, Keys.ARROW_DOWN)
    expect(page.find("#group").get_property("selectedIndex") == 1, "an arrow key does not choose the next group")
    tab_to(page, "#file")
    page.hear(page_server.recording(given["folder"], "valve", "abnormal"))
    tab_to(page, ".patches button")
    press(page, Keys.ARROW_RIGHT, Keys.ARROW_RIGHT, Keys.ENTER)
    start_s = page.do("return state.current.patches[2].start_s")
    page.until("it plays from the third patch", lambda: page.do("return document.querySelector('audio').currentTime") >= start_s)
    expect(page.text("article .now").startswith(f"From {start_s:.1f} s to "), f"said while playing: '{page.text('article .now')}'")
    tab_to(page, "article button.highest")
    press(page, Keys.ENTER)
    top = page.do("return state.current.patches[highestPatch(state.current.patches)].start_s")
    page.until("it plays the most unusual moment", lambda: page.text("article .now").startswith(f"From {top:.1f} s to "))
    tab_to(page, "article .keep")
    press(page, Keys.ENTER)
    same(focused(page), "file", "where one is after keeping a recording")


def test_sizes(page, given):
    page.hear(page_server.recording(given["folder"], "valve", "normal"), group_of(page, "valve"))
    for width in (360, 320):
        page.resize(width, 800)
        page.check(f"{width} pixels wide")
    page.resize(900, 1000)
    page.emulate("prefers-color-scheme", "dark")
    dark = page.do("return getComputedStyle(document.body).backgroundColor")
    page.emulate("prefers-color-scheme", "light")
    expect(dark != page.do("return getComputedStyle(document.body).backgroundColor"), "the dark is like the light")
    page.emulate("prefers-reduced-motion", "reduce")
    same(page.do("return [getComputedStyle(document.documentElement).scrollBehavior, document.getAnimations().length]"), ["auto", 0],
         "motion where none is wanted")
    page.emulate("prefers-reduced-motion", "no-preference")


def allow_microphone(page, given, setting):
    page.driver.execute_cdp_cmd("Browser.setPermission", {"permission": {"name": "microphone"}, "setting": setting,
                                                          "origin": given["address"]})


def test_microphone(page, given):
    page.open(given["address"])
    allow_microphone(page, given, "denied")
    page.find("#record").click()
    page.until("a refused microphone is told", lambda: page.text("#error"))
    expect("microphone was refused" in page.text("#error"), f"refused: '{page.text('#error')}'")
    page.check("the microphone was refused")
    allow_microphone(page, given, "granted")
    page.do("document.getElementById('record-seconds').value = 2")
    page.find("#record").click()
    page.until("it records", lambda: page.find("#record").text == "Stop recording")
    expect(page.find("#level").is_displayed(), "no level is shown")
    page.until("and stops by itself, and is heard", lambda: page.all("article"))
    expect(page.text("article h3").startswith("microphone-"), f"recorded as '{page.text('article h3')}'")
    seconds = page.do("return state.current.seconds")
    expect(1.9 <= seconds <= 2.5, f"2 s of the microphone became {seconds} s")
    page.do("Object.defineProperty(navigator, 'mediaDevices', { value: undefined })")
    page.find("#record").click()
    expect("over https" in page.text("#error"), f"without https: '{page.text('#error')}'")


def test_key(page, given):
    key_file = pathlib.Path(given["folder"]) / "key.txt"
    key_file.write_text("a-key-of-the-test\n")
    with serve_words.earshot(given["earshot"], "--model", f"line={given['model']}", "--api-key-file", str(key_file)) as server:
        enter_keys(page, server.address)
        page.hear(page_server.recording(given["folder"], "fan", "normal"))
        same(page.text("#error"), "", "complaint with the right key")
    page.find("#file").send_keys(page_server.recording(given["folder"], "fan", "normal"))
    page.until("a server that is gone is told", lambda: "does not answer" in page.text("#error"))


def enter_keys(page, address):
    page.open(address)
    expect(page.find("#key-form").is_displayed(), "no key is asked for")
    page.check("a key is asked for")
    page.find("#key").send_keys("wrong", Keys.ENTER)
    page.until("a wrong key is told", lambda: "not accepted" in page.text("#error"))
    page.find("#key").send_keys("a-key-of-the-test", Keys.ENTER)
    page.until("the right one opens", lambda: page.all("#models tbody tr"))


def take_picture(page, given, path):
    """One that does not sound normal, and below it a normal one of the same machine."""
    machine, label = given["heard"]["not normal"]
    page.resize(960, 900)
    page.emulate("prefers-reduced-motion", "reduce")
    page.open(given["address"])
    page.hear(page_server.recording(given["folder"], machine, "normal", 2), group_of(page, machine))
    page.find("article .keep").click()
    page.hear(page_server.recording(given["folder"], machine, label), group_of(page, machine))
    page.until("pictures", lambda: page.do("return [...document.images].every((image) => image.complete)"))
    page.do("document.activeElement.blur(); scrollTo(0, 0)")
    page.until("its top", lambda: page.do("return scrollY") == 0)
    time.sleep(0.5)
    small_png.write(page.driver, page.driver.get_screenshot_as_base64(), path)
    size = os.path.getsize(path)
    expect(size < MOST_PICTURE_BYTES, f"{path} has {size} bytes, at most {MOST_PICTURE_BYTES} are allowed")


TESTS = [test_hear, test_network, test_bad_files, test_drop, test_compare, test_keyboard, test_sizes, test_microphone, test_policy,
         test_key]


def run_tests(given, picture):
    page = Page(f"{given['folder']}/browser", "--use-fake-device-for-media-stream")
    try:
        for test in TESTS:
            start = time.monotonic()
            test(page, given)
            print(f"{test.__name__}: {time.monotonic() - start:.1f} s", flush=True)
        take_picture(page, given, picture)
    finally:
        page.close()


def main():
    skip_where_impossible()
    earshot, picture = sys.argv[1:3]
    with tempfile.TemporaryDirectory() as folder:
        model = page_server.make_model(earshot, folder)
        with serve_words.earshot(earshot, "--model", f"line={model}", *page_server.NETWORK) as server:
            given = {"earshot": earshot, "folder": folder, "model": model, "address": server.address, "heard": {}}
            run_tests(given, os.path.abspath(picture))
    print(f"{len(TESTS)} tests passed; {picture} is the page")


if __name__ == "__main__":
    main()
