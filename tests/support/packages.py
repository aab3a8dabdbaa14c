"""Programs that check packages, and programs in a root of its own."""

import shutil
import subprocess

from .daemon import end_with_parent, installed


def checker(*parts):
    """What `./dev setup` installs for these tests."""
    return installed("checkers", *parts)


def run_as(root, user, command, variables, log_path):
    """Starts a program inside, with these variables and no others; its output goes to a file."""
    with open(log_path, "ab") as log:
        return subprocess.Popen(
            [shutil.which("chroot", path="/usr/sbin:/usr/bin"), f"--userspec={user}", root.path, *command],
            env={"PATH": "/usr/bin:/bin", **variables},
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            preexec_fn=end_with_parent,
        )
