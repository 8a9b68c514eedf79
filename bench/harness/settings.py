"""Other settings than the file's, by the environment; only such keys as this gateway knows."""

import subprocess
import tomllib

from . import keys, machine


def known(program):
    """The gateway's effective configuration with nothing set: every key with its default."""
    environment = {"ASTRIA_API_KEY": keys.SERVER_KEY, "PATH": "/usr/bin:/bin"}
    said = subprocess.run([program, "check-config"], capture_output=True, text=True, env=environment, check=False)
    if said.returncode != 0:
        raise machine.Failed(f"check-config: {said.stderr}")
    return tomllib.loads(said.stdout)


def environment(program, wanted):
    """Variables for those of the wanted keys ("section.key": value) that there are."""
    found, variables = known(program), {}
    for path, value in wanted.items():
        at = found
        for part in path.split("."):
            at = at.get(part) if isinstance(at, dict) else None
        if at is not None:
            variables["ASTRIA_GATEWAY__" + path.upper().replace(".", "__")] = str(value)
    return variables
