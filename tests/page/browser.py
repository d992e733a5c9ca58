#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""A real browser, headless, for tests of the daemon's page. Steps are lines of standard input:

  open URL         goes there
  until SCRIPT     waits until that is true in the page
  print SCRIPT     prints what it is
  picture FILE     takes a PNG of the page
  size WIDTH HEIGHT

It speaks Chromium's DevTools protocol through a pair of pipes, as --remote-debugging-pipe has it. What the page says on
its console, and a policy that it violates, ends the browser with status 1.
"""
import base64
import json
import os
import subprocess
import sys
import tempfile
import time

PATIENCE = 120  # seconds


class Browser:
    def __init__(self, folder):
        ours, theirs = os.pipe(), os.pipe()
        # Chromium reads descriptor 3 and writes descriptor 4.
        command = ["sh", "-c", f'exec "$@" 3<&{ours[0]} 4>&{theirs[1]}', "sh", "chromium", "--headless=new",
                   "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--remote-debugging-pipe",
                   "--no-first-run", f"--user-data-dir={folder}", "--ignore-certificate-errors", "about:blank"]
        self.child = subprocess.Popen(command, pass_fds=(ours[0], theirs[1]), stdout=subprocess.DEVNULL,
                                      stderr=subprocess.DEVNULL)
        os.close(ours[0])
        os.close(theirs[1])
        self.writer, self.reader = ours[1], os.fdopen(theirs[0], "rb")
        self.number, self.session, self.complaints = 0, None, []
        pages = self.ask("Target.getTargets")["targetInfos"]
        page = next(one["targetId"] for one in pages if one["type"] == "page")
        self.session = self.ask("Target.attachToTarget", targetId=page, flatten=True)["sessionId"]
        for domain in "Page", "Runtime", "Log", "Network":
            self.ask(domain + ".enable")

    def receive(self):
        message = bytearray()
        while (byte := self.reader.read(1)) != b"\0":
            if not byte:
                sys.exit("the browser has ended")
            message += byte
        return json.loads(message)

    def note(self, told):
        if told.get("method") == "Runtime.exceptionThrown":
            self.complaints.append(told["params"]["exceptionDetails"]["exception"].get("description", "an exception"))
        elif told.get("method") == "Log.entryAdded":
            entry = told["params"]["entry"]
            if entry["source"] == "security":
                self.complaints.append(entry["text"])

    def ask(self, method, **parameters):
        self.number += 1
        message = {"id": self.number, "method": method, "params": parameters}
        if self.session:
            message["sessionId"] = self.session
        os.write(self.writer, json.dumps(message).encode() + b"\0")
        while True:
            told = self.receive()
            if told.get("id") == self.number:
                if "error" in told:
                    sys.exit(f"{method}: {told['error']['message']}")
                return told["result"]
            self.note(told)

    def value(self, script):
        told = self.ask("Runtime.evaluate", expression=script, returnByValue=True, awaitPromise=True)
        if "exceptionDetails" in told:
            sys.exit(f"{script}: {told['exceptionDetails']['exception'].get('description')}")
        return told["result"].get("value")

    def until(self, script):
        end = time.monotonic() + PATIENCE
        while not self.value(script):
            if time.monotonic() > end:
                sys.exit(f"never: {script}\n{self.value('document.body.innerText')}")
            time.sleep(0.1)


def main():
    with tempfile.TemporaryDirectory() as folder:
        browser = Browser(folder)
        for line in sys.stdin:
            step, _, rest = line.strip().partition(" ")
            if step == "open":
                browser.ask("Page.navigate", url=rest)
            elif step == "until":
                browser.until(rest)
            elif step == "print":
                print(browser.value(rest), flush=True)
            elif step == "size":
                width, height = map(int, rest.split())
                browser.ask("Emulation.setDeviceMetricsOverride", width=width, height=height, deviceScaleFactor=1,
                            mobile=False)
            elif step == "picture":
                picture = browser.ask("Page.captureScreenshot", captureBeyondViewport=True)
                with open(rest, "wb") as file:
                    file.write(base64.b64decode(picture["data"]))
            elif step:
                sys.exit(f"no such step: {step}")
        browser.session = None
        browser.ask("Browser.close")
        browser.child.wait()
        if browser.complaints:
            sys.exit("the page complains: " + "\n".join(browser.complaints))


main()
