"""A server that a test starts, kills and starts again at the same address, on the same data."""
import os
import re
import shutil
import subprocess
import tempfile
import threading

_dll = os.path.join(
    os.path.dirname(__file__), "../../../../artifacts/bin/QueueService.Server/release/QueueService.Server.dll")


class Server:
    """The kernel picks the port at the first start; `settings` are options of the command line."""

    def __init__(self, *settings, wrapper=()):
        self.url = "http://127.0.0.1:0"
        self._settings = settings
        self._wrapper = wrapper
        self._directory = tempfile.mkdtemp(prefix="queueservice-clients-")
        self._process = None

    def start(self):
        self._process = subprocess.Popen(
            [*self._wrapper, "dotnet", _dll, "--urls", self.url, f"--Storage:Directory={self._directory}/data",
             *self._settings],
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, text=True)
        output = ""
        for line in self._process.stdout:
            output += line
            found = re.search(r"listens on (http://127\.0\.0\.1:\d+)", line)
            if found:
                self.url = found[1]
                threading.Thread(target=self._process.stdout.read, daemon=True).start()
                return self
        raise RuntimeError(f"The server ended with {self._process.wait()}:\n{output}")

    def kill(self):
        """kill -9: nothing is flushed, nobody is told."""
        self._process.kill()
        self._process.wait()

    def close(self):
        self.kill()
        shutil.rmtree(self._directory, ignore_errors=True)
