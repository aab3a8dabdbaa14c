"""A server with managed shares and recipients."""

import os

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
