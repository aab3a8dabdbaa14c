"""Three nodes on one PostgreSQL behind nginx, and what is done to them."""

import base64
import os
import re
import secrets
import subprocess
from collections import Counter

from support.daemon import Daemon, find_nginx, free_port
from support.owner import Owner, Reader
from support.server import Server, wait_until

NODES = ("one", "two", "three")
TRIES = 3  # another process may take a free port before the node does
# Far above what anything here takes; nothing waits for it unless something is broken.
LIMIT_S = 60

NGINX = """
daemon off; worker_processes 1; pid {folder}/nginx.pid; {user}
error_log {folder}/error.log;
events {{ worker_connections 1024; }}
http {{
  access_log off;
  client_body_temp_path {folder}/b; proxy_temp_path {folder}/p; fastcgi_temp_path {folder}/f;
  uwsgi_temp_path {folder}/u; scgi_temp_path {folder}/s;
  upstream sluice {{
{upstreams}
    keepalive 32;
  }}
  server {{
    listen {host}:{port};
    location / {{
      proxy_pass http://sluice;
      proxy_http_version 1.1; proxy_set_header Connection "";
      proxy_set_header Host $http_host;
      proxy_set_header X-Forwarded-For $proxy_add_x_forwarded_for;
      proxy_set_header X-Forwarded-Proto $scheme;
      proxy_connect_timeout 2s;
      proxy_next_upstream error timeout http_503 non_idempotent;
      proxy_next_upstream_tries 3;
      add_header X-Upstream $upstream_addr always;
    }}
  }}
}}
"""


class Balancer(Daemon):
    """nginx that deals requests out to the nodes in turn, and asks the next one when one fails.
    X-Upstream of an answer tells whom it asked: ADDRESS, ADDRESS, the last of which answered."""

    def __init__(self, folder, addresses):
        super().__init__(folder)
        self.addresses = addresses  # of the nodes: HOST:PORT

    def command(self):
        config = os.path.join(self.folder, "nginx.conf")
        servers = [f"    server {address} max_fails=1 fail_timeout=1s;" for address in self.addresses]
        user = "user root;" if os.geteuid() == 0 else ""
        with open(config, "w", encoding="utf-8") as file:
            file.write(
                NGINX.format(
                    folder=self.folder,
                    user=user,
                    host=self.host,
                    port=self.port,
                    upstreams="\n".join(servers),
                )
            )
        return [find_nginx(), "-c", config, "-e", os.path.join(self.folder, "error.log")]

    @property
    def root(self):
        return f"http://{self.host}:{self.port}"


class Node(Server):
    """One `sluice serve` of the fleet, always on the same ports. `prefix` stands before its
    command, such as `ip netns exec NAME`."""

    def __init__(self, name, folder, arguments, host="127.0.0.1", prefix=()):
        self.name, self.host = name, host
        self.listen_port, self.admin_port = free_port(), free_port()
        super().__init__(
            None,
            os.path.join(folder, name),
            ["--node", name, *arguments],
            listen=f"{host}:{self.listen_port}",
        )
        self.command[self.command.index("--admin-listen") + 1] = f"{host}:{self.admin_port}"
        self.command = [*prefix, *self.command]

    def address(self, listener):
        port = {"recipients": self.listen_port, "admin": self.admin_port}[listener]
        return f"{self.host}:{port}"

    def kill(self):
        """kill -9, and nothing is left of the process."""
        self.process.kill()
        self.process.wait()

    def owner(self):
        """With the token of this node's data directory."""
        return Owner(self)

    def metric(self, name):
        """A metric without labels, as a number."""
        text = self.owner().session.get(self.admin + "/metrics", timeout=LIMIT_S).text
        return float(re.search(rf"^{name} (\S+)$", text, re.MULTILINE).group(1))


class Fleet:
    """Nodes that share a PostgreSQL and a master key, each with a data directory of its own."""

    def __init__(self, folder, postgres, warehouse, arguments=()):
        self.folder, self.postgres, self.warehouse = folder, postgres, warehouse
        self.key = os.path.join(folder, "master.key")
        with open(self.key, "w", encoding="utf-8", opener=lambda p, f: os.open(p, f, 0o600)) as file:
            file.write(base64.urlsafe_b64encode(secrets.token_bytes(32)).decode().rstrip("=") + "\n")
        self.arguments = ["--master-key-file", self.key, *arguments]
        self.nodes, self.balancer = [], None

    def add_node(self, name, **options):
        """Starts it. Another process may have taken its ports meanwhile: then it has others."""
        url = options.pop("catalog_url", self.postgres.url)
        arguments = [*self.arguments, "--catalog-url", url]
        for attempt in range(1, TRIES + 1):
            node = Node(name, self.folder, arguments, **options)
            try:
                node.start()
            except Exception:
                if attempt == TRIES or "address already in use" not in node.log().lower():
                    raise
                continue
            self.nodes.append(node)
            return node

    def start(self, names=NODES):
        for name in names:
            self.add_node(name)
        self.balancer = Balancer(
            os.path.join(self.folder, "nginx"), [node.address("recipients") for node in self.nodes]
        ).start()
        self.owner = self.nodes[0].owner()
        return self

    def stop(self):
        if self.balancer:
            self.balancer.stop()
        for node in self.nodes:
            node.stop()

    @property
    def endpoint(self):
        return self.balancer.root + "/delta-sharing"

    def share(self, name, *tables):
        """A share with sample tables, each as retail.TABLE."""
        self.owner.create_share(name)
        for table in tables or ("orders",):
            location = os.path.join(self.warehouse, "retail", table)
            self.owner.add_table(name, "retail", table, location)

    def recipient(self, name, *shares):
        """A token of a recipient that the shares are granted to."""
        self.owner.create_recipient(name)
        for share in shares:
            self.owner.grant(share, name)
        return self.owner.issue_token(name)["token"]

    def reader(self, token, node=None):
        """By the balancer, or straight at a node."""
        return Reader(node.endpoint if node else self.endpoint, token)

    def wait_for_all(self, condition, what):
        """Until `condition(node)` holds on every node that runs."""
        for node in self.nodes:
            if node.running():
                wait_until(lambda node=node: condition(node), LIMIT_S, f"{what}, node {node.name}")

    def wait_for_changes(self, node=None):
        """Until every node that runs has taken in what `node`, or the first, knows."""
        changes = (node or self.nodes[0]).metric("sluice_catalog_generation")
        self.wait_for_all(
            lambda each: each.metric("sluice_catalog_generation") >= changes, "changes are known"
        )

    def shares_at(self, node, token):
        """The names of a recipient's shares at a node; None if it does not know the token."""
        answer = self.reader(token, node).get("/shares")
        if answer.status_code != 200:
            return None
        return [item["name"] for item in answer.json().get("items", [])]

    def wait_for_shares(self, token, *names):
        """Until every node that runs knows the recipient and these shares, and no others."""
        names = list(names)
        self.wait_for_all(lambda node: self.shares_at(node, token) == names, f"shares {names}")

    def records_of(self, agent):
        """How many records in PostgreSQL have each request id, of requests with this user agent."""
        rows = self.postgres.execute(
            "SELECT request_id FROM audit_records WHERE request_id <> '' AND "
            f"record::json->>'agent' = '{agent}'"
        )
        return Counter(rows.split())

    def records_with(self, received, agent):
        """The same, once all `received` are there: records are shipped some time after they are
        made."""
        received = set(received)

        def all_there():
            records = self.records_of(agent)
            return records if received <= records.keys() else None

        try:
            return wait_until(all_there, LIMIT_S, "records are shipped")
        except TimeoutError:
            missing = received - self.records_of(agent).keys()
            raise AssertionError(f"{len(missing)} of {len(received)} answers have no record") from None

    def verify(self, node):
        """`sluice audit verify` of a node that runs."""
        return subprocess.run(
            [node.command[0], "audit", "verify", "--data-dir", node.data_dir],
            capture_output=True, text=True, check=False, timeout=LIMIT_S,
        )  # fmt: skip
