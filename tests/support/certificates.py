"""A certificate authority of the tests' own, made with the openssl command."""

import os
import subprocess

DAYS = "2"


def openssl(*arguments, text=None):
    done = subprocess.run(
        ["openssl", *arguments], input=text, capture_output=True, text=True, check=False
    )
    if done.returncode:
        raise RuntimeError(f"openssl {arguments[0]}: {done.stderr}")
    return done.stdout


def kind_of(name):
    return "IP" if name[:1].isdigit() or ":" in name else "DNS"


class Certificate:
    def __init__(self, certificate, key):
        self.certificate, self.key = certificate, key


class Authority:
    """`certificate` is the path of the PEM file that a client must trust."""

    def __init__(self, folder, name="Test CA"):
        os.makedirs(folder, exist_ok=True)
        self.folder, self.name = folder, name
        self.certificate = os.path.join(folder, "ca.crt")
        self.key = os.path.join(folder, "ca.key")
        openssl("req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1",
                "-nodes", "-days", DAYS, "-subj", f"/CN={name}", "-keyout", self.key,
                "-out", self.certificate)  # fmt: skip

    def issue(self, *names, days=DAYS, usage="serverAuth"):
        """A certificate for IP addresses and host names, a server's unless `usage` is clientAuth;
        the first names its files and is its subject's CN."""
        path = os.path.join(self.folder, names[0].replace("*", "any"))
        subjects = ",".join(f"{kind_of(name)}:{name}" for name in names)
        with open(path + ".ext", "w", encoding="utf-8") as file:
            file.write(f"subjectAltName={subjects}\nextendedKeyUsage={usage}\n")
        openssl("req", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes",
                "-subj", f"/CN={names[0]}", "-keyout", path + ".key",
                "-out", path + ".csr")  # fmt: skip
        openssl("x509", "-req", "-in", path + ".csr", "-CA", self.certificate, "-CAkey", self.key,
                "-CAcreateserial", "-days", days, "-extfile", path + ".ext",
                "-out", path + ".crt")  # fmt: skip
        return Certificate(path + ".crt", path + ".key")
