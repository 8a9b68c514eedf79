# syntax=docker/dockerfile:1
# The release image: no demo, no imitated upstream, not root.

FROM rust:1.95-bookworm AS build
WORKDIR /src
COPY Cargo.toml Cargo.lock clippy.toml ./
COPY crates ./crates
COPY src ./src
COPY demo ./demo
RUN --mount=type=cache,target=/usr/local/cargo/registry \
    --mount=type=cache,target=/src/target \
    cargo build --release --locked --no-default-features --bin astria-gateway \
    && cp target/release/astria-gateway /astria-gateway

# The imitated upstream, for the compose profile and for load tests; build it with --target mock.
FROM build AS build-mock
RUN --mount=type=cache,target=/usr/local/cargo/registry \
    --mount=type=cache,target=/src/target \
    cargo build --release --locked --package mock-astria \
    && cp target/release/mock-astria /mock-astria

FROM debian:bookworm-slim AS base
RUN apt-get update \
    && apt-get install -y --no-install-recommends ca-certificates curl \
    && rm -rf /var/lib/apt/lists/* \
    && useradd --system --uid 10001 --no-create-home --shell /usr/sbin/nologin gateway \
    && install -d -o gateway -g gateway /data
USER 10001:10001

FROM base AS mock
COPY --from=build-mock /mock-astria /usr/local/bin/mock-astria
EXPOSE 9000
ENTRYPOINT ["mock-astria"]
CMD ["--listen", "0.0.0.0:9000"]

FROM base AS gateway
COPY --from=build /astria-gateway /usr/local/bin/astria-gateway
VOLUME /data
EXPOSE 8080
ENV ASTRIA_GATEWAY__SERVER__LISTEN=0.0.0.0:8080 \
    ASTRIA_GATEWAY__OPERATOR__LISTEN=127.0.0.1:9090
HEALTHCHECK --interval=10s --timeout=3s --start-period=5s \
    CMD ["curl", "--fail", "--silent", "--show-error", "http://127.0.0.1:9090/readyz"]
STOPSIGNAL SIGTERM
ENTRYPOINT ["astria-gateway"]
CMD ["serve", "--config", "/etc/astria-gateway/config.toml"]
