"""nginx before Sluice: it ends TLS and says in X-Forwarded-* what the client asked for."""

import os

from .daemon import Daemon, find_nginx

NGINX = """
daemon off; worker_processes 1; pid {folder}/nginx.pid; {user}
error_log {folder}/error.log;
events {{ worker_connections 256; }}
http {{
  access_log off; client_max_body_size 0;
  client_body_temp_path {folder}/b; proxy_temp_path {folder}/p; fastcgi_temp_path {folder}/f;
  uwsgi_temp_path {folder}/u; scgi_temp_path {folder}/s;
  server {{
    listen {host}:{port} ssl;
    ssl_certificate {certificate}; ssl_certificate_key {key};
    location {path}/ {{
      proxy_pass {upstream}/;
      proxy_http_version 1.1; proxy_buffering off;
      proxy_set_header Host $http_host;
      proxy_set_header X-Forwarded-Proto $scheme;
      proxy_set_header X-Forwarded-Host $http_host;
      proxy_set_header X-Forwarded-Port $server_port;
      proxy_set_header X-Forwarded-For $proxy_add_x_forwarded_for;
      {more}
    }}
  }}
}}
"""


class TlsProxy(Daemon):
    """Passes https://127.0.0.1:PORT/PATH/... on to `upstream`, an http URL with no final slash."""

    def __init__(self, folder, upstream, certificate, path="", more=""):
        super().__init__(folder)
        self.upstream, self.certificate = upstream, certificate
        self.path, self.more = path, more  # `more`: further lines of nginx's location

    def command(self):
        config = os.path.join(self.folder, "nginx.conf")
        with open(config, "w", encoding="utf-8") as file:
            file.write(
                NGINX.format(
                    folder=self.folder,
                    user="user root;" if os.geteuid() == 0 else "",
                    host=self.host,
                    port=self.port,
                    certificate=self.certificate.certificate,
                    key=self.certificate.key,
                    path=self.path,
                    upstream=self.upstream,
                    more=self.more,
                )
            )
        return [find_nginx(), "-c", config, "-e", os.path.join(self.folder, "error.log")]

    @property
    def root(self):
        return f"https://{self.host}:{self.port}{self.path}"
