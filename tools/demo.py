"""Shares examples/warehouse with `sluice serve` and reads a table back as a partner would: `./dev demo`."""
import contextlib
import os
import pathlib
import subprocess
import sys
import tempfile
import time

import delta_sharing

FOLDER = "examples/warehouse"
TABLE = "retail.orders"
PATIENCE_SECONDS = 15


@contextlib.contextmanager
def server(data: pathlib.Path):
    """Runs the server on free ports until the block ends, however it ends."""
    command = ["build/sluice", "serve", FOLDER, "--listen", "127.0.0.1:0",
               "--admin-listen", "127.0.0.1:0", "--data-dir", str(data)]
    print("$ " + " ".join(command), flush=True)
    with open(data / "server.log", "w") as log:
        process = subprocess.Popen(command, stdout=log, stderr=log)
        try:
            yield process
        finally:
            process.terminate()
            process.wait(timeout=PATIENCE_SECONDS)


def wait_for(profile: pathlib.Path, process: subprocess.Popen) -> delta_sharing.SharingClient:
    """Returns a client as soon as the server has written the profile and answers."""
    deadline = time.monotonic() + PATIENCE_SECONDS
    while time.monotonic() < deadline and process.poll() is None:
        if profile.exists():
            client = delta_sharing.SharingClient(str(profile))
            with contextlib.suppress(OSError):
                client.list_shares()
                return client
        time.sleep(0.05)
    log = (profile.parent / "server.log").read_text()
    raise SystemExit(f"the server did not get ready; it said:\n{log}")


def main() -> None:
    with tempfile.TemporaryDirectory(prefix="sluice-demo-") as folder:
        profile = pathlib.Path(folder, "me.share")
        with server(profile.parent) as process:
            client = wait_for(profile, process)
            print("\n>>> delta_sharing.SharingClient('me.share').list_all_tables()")
            for table in client.list_all_tables():
                print(f"{table.share}.{table.schema}.{table.name}")
            url = f"{profile}#{client.list_shares()[0].name}.{TABLE}"
            print(f"\n>>> delta_sharing.load_as_pandas('me.share#{url.split('#')[1]}')")
            print(delta_sharing.load_as_pandas(url))
    print(f"\nThe server is stopped and its data folder removed. To go on: ./dev run serve {FOLDER}")


if __name__ == "__main__":
    main()
    sys.stdout.flush()
    os._exit(0)  # at once: threads of the client's libraries may abort the usual ending
