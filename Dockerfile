# The server as a container: docker build -t sluice .
# docs/guide/operations.md says how to run it. tests/packaging checks this file, without Docker.

# --- What builds: everything that `./dev setup` installs is pinned in tools/pins.txt.
FROM debian:12-slim AS build
WORKDIR /src
COPY . .
RUN ./dev package

# --- What runs: the package, with what it depends on.
FROM debian:12-slim
COPY --from=build /src/build/packages/*.deb /tmp/
# The user's number is fixed, so that a volume's files belong to it from one image to the next. No
# version is named: what Debian stable has by then are security updates.
# hadolint ignore=DL3008
RUN groupadd --system --gid 10001 sluice \
 && useradd --system --uid 10001 --gid 10001 --no-create-home --home-dir /var/lib/sluice \
      --shell /usr/sbin/nologin sluice \
 && apt-get update \
 && apt-get install -y --no-install-recommends ca-certificates /tmp/*.deb \
 && rm -rf /tmp/*.deb /var/lib/apt/lists/*
USER 10001:10001
ENV SLUICE_DATA_DIR=/var/lib/sluice/data \
    SLUICE_LISTEN=0.0.0.0:8080 \
    SLUICE_LOG_FORMAT=json
VOLUME /var/lib/sluice
EXPOSE 8080 8081
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=10s --timeout=6s --start-period=60s CMD ["/usr/bin/sluice", "health"]
ENTRYPOINT ["/usr/bin/sluice"]
CMD ["serve"]
