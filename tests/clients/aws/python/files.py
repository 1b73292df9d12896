"""What both runners read: the cases, the servers they run on, the table of errors."""
import json
import os

_root = os.path.join(os.path.dirname(__file__), "..")


def _read(path):
    with open(os.path.join(_root, path), encoding="utf-8") as file:
        return json.load(file)


def wrapper_of(server):
    """What stands before the command line: strace lets syncs fail, from one on. The server stays the child."""
    after = server.get("failsAfter")
    return [
        "strace", "-D", "-f", "-o", "/dev/null", "-e", "trace=fdatasync",
        "-e", f"inject=fdatasync:error=EIO:when={after}+"] if after else []


errors = _read("errors.json")
never = _read("never.json")
servers = _read("servers.json")
identities = servers.pop("identities")
cases = [
    {**case, "server": server}
    for server in servers
    for file in sorted(os.listdir(os.path.join(_root, "cases", server)))
    for case in _read(f"cases/{server}/{file}")]
