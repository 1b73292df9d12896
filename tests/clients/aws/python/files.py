"""What both runners read: the cases, the servers they run on, the table of errors."""
import json
import os

_root = os.path.join(os.path.dirname(__file__), "..")


def _read(path):
    with open(os.path.join(_root, path), encoding="utf-8") as file:
        return json.load(file)


errors = _read("errors.json")
servers = _read("servers.json")
identities = servers.pop("identities")
cases = [
    {**case, "server": server}
    for server in servers
    for file in sorted(os.listdir(os.path.join(_root, "cases", server)))
    for case in _read(f"cases/{server}/{file}")]
