"""A server with managed shares and recipients."""

import os
import socket
from urllib.parse import urlsplit

from support.owner import Owner, Reader

# Every route that names a share, with what an answer of a granted one is.
ROUTES = [
    ("GET", "/shares/{share}"),
    ("GET", "/shares/{share}/schemas"),
    ("GET", "/shares/{share}/schemas/retail/tables"),
    ("GET", "/shares/{share}/all-tables"),
    ("GET", "/shares/{share}/schemas/retail/tables/orders"),
    ("GET", "/shares/{share}/schemas/retail/tables/orders/version"),
    ("HEAD", "/shares/{share}/schemas/retail/tables/orders"),
    ("GET", "/shares/{share}/schemas/retail/tables/orders/metadata"),
    ("POST", "/shares/{share}/schemas/retail/tables/orders/query"),
    ("GET", "/shares/{share}/schemas/retail/tables/orders/changes?startingVersion=0"),
    ("POST", "/shares/{share}/schemas/retail/tables/orders/temporary-table-credentials"),
    ("POST", "/shares/{share}/schemas/retail/tables/orders/queries/none"),
]


class Governed:
    """A server, its owner, and what recipients make of it."""

    def __init__(self, server, warehouse):
        self.server, self.warehouse = server, warehouse
        self.owner = Owner(server)
        self.endpoint = self.owner.get("/whoami")["endpoint"]

    def again(self):
        """The same server, started anew."""
        return Governed(self.server.start(), self.warehouse)

    def share(self, name, *tables):
        """A share with sample tables, each as retail.TABLE."""
        self.owner.create_share(name)
        for table in tables or ("orders",):
            location = os.path.join(self.warehouse, "retail", table)
            self.owner.add_table(name, "retail", table, location, historyShared=True)

    def recipient(self, name, *shares, **fields):
        """A reader that the shares are granted to, by a token of its own."""
        self.owner.create_recipient(name, **fields)
        for share in shares:
            self.owner.grant(share, name)
        return self.reader(self.owner.issue_token(name)["token"])

    def reader(self, token):
        return Reader(self.endpoint, token)


class SlowQuery:
    """A query whose answer has begun and is not read on until `rest` is asked for."""

    def __init__(self, reader, share, schema, table):
        url = urlsplit(f"{reader.endpoint}/shares/{share}/schemas/{schema}/tables/{table}/query")
        self.connection = socket.socket()
        self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        self.connection.settimeout(60)
        self.connection.connect((url.hostname, url.port))
        token = reader.session.headers["Authorization"]
        head = f"POST {url.path} HTTP/1.1\r\nHost: x\r\nAuthorization: {token}\r\n"
        head += "Content-Type: application/json\r\nContent-Length: 2\r\nConnection: close\r\n\r\n{}"
        self.connection.sendall(head.encode())
        self.begun = self.connection.recv(64)

    def status(self):
        return int(self.begun.split()[1])

    def rest(self):
        """The whole answer, head and all."""
        pieces = [self.begun]
        while piece := self.connection.recv(1 << 16):
            pieces.append(piece)
        return b"".join(pieces)

    def close(self):
        self.connection.close()
