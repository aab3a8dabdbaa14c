"""nginx as the pages of the guide configure it."""

import os

from .daemon import Daemon, find_nginx


class PageNginx(Daemon):
    """nginx with what a page describes, on a port of its own instead of the page's `address`."""

    def __init__(self, folder, text, address):
        super().__init__(folder)
        self.text, self.address = text, address

    def command(self):
        text = self.text.replace(self.address, f"{self.host}:{self.port}")
        user = "user root;" if os.geteuid() == 0 else ""
        path = os.path.join(self.folder, "nginx.conf")
        temporary = "".join(
            f"{what}_temp_path {self.folder}/{what};"
            for what in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
        )
        with open(path, "w", encoding="utf-8") as file:
            file.write(
                f"daemon off; {user} pid {self.folder}/pid; events {{}}\n"
                f"http {{ access_log off; {temporary}\n{text} }}\n"
            )
        return [find_nginx(), "-c", path, "-e", os.path.join(self.folder, "error.log")]
