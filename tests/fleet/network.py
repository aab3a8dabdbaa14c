"""A network of its own for one node: a namespace, and links to it that can be cut."""

import os
import random
import subprocess


class NoNamespaces(Exception):
    """This machine does not let us make any; the text says why."""


def ip(*arguments):
    try:
        done = subprocess.run(["ip", *arguments], capture_output=True, text=True, check=False)
    except FileNotFoundError:
        raise NoNamespaces("there is no command ip (iproute2)") from None
    if done.returncode:
        raise NoNamespaces(f"ip {' '.join(arguments)}: {done.stderr.strip()}")
    return done.stdout


class Link:
    """A pair of interfaces: `outside` is our address, `inside` that in the namespace."""

    def __init__(self, namespace, number):
        subnet = f"10.{random.randrange(100, 200)}.{random.randrange(256)}"
        self.subnet, self.outside, self.inside = f"{subnet}.0/30", f"{subnet}.1", f"{subnet}.2"
        self.name = f"sl{os.getpid()}o{number}"  # at most 15 characters
        peer = f"sl{os.getpid()}i{number}"
        ip("link", "add", self.name, "type", "veth", "peer", "name", peer, "netns", namespace)
        ip("addr", "add", f"{self.outside}/30", "dev", self.name)
        ip("link", "set", self.name, "up")
        ip("-n", namespace, "addr", "add", f"{self.inside}/30", "dev", peer)
        ip("-n", namespace, "link", "set", peer, "up")

    def cut(self):
        """What is sent from now on is lost without a word, in both directions."""
        ip("link", "set", self.name, "down")

    def mend(self):
        ip("link", "set", self.name, "up")


class Namespace:
    """Gone with its links when the block ends, and with them all that was in it."""

    def __init__(self):
        self.name, self.links = f"sluice{os.getpid()}", []

    def __enter__(self):
        ip("netns", "add", self.name)
        try:
            ip("-n", self.name, "link", "set", "lo", "up")
        except NoNamespaces:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_):
        ip("netns", "del", self.name)
        for link in self.links:
            # It ends with the namespace, but that may live on as long as a process of it does.
            subprocess.run(["ip", "link", "del", link.name], capture_output=True, check=False)

    def add_link(self):
        self.links.append(Link(self.name, len(self.links)))
        return self.links[-1]

    @property
    def prefix(self):
        """What stands before a command to be run inside."""
        return ("ip", "netns", "exec", self.name)
