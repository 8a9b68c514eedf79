# syntax=docker/dockerfile:1
# The release image: the binary, a CA bundle, time zones, and nothing else. No shell, no package manager, no demo, no
# imitated upstream, not root.
#
# A release pins both bases by digest and says where it comes from (docs/deployment.md, "The image"):
#   docker buildx build --build-arg BUILD_IMAGE=rust:1.95-bookworm@sha256:… \
#     --build-arg RUNTIME_IMAGE=gcr.io/distroless/cc-debian12:nonroot@sha256:… \
#     --build-arg REVISION="$(git rev-parse HEAD)" --sbom=true --provenance=mode=max …

ARG BUILD_IMAGE=rust:1.95-bookworm
# glibc rather than musl: the system's resolver and allocator are what the project is tested and measured with.
ARG RUNTIME_IMAGE=gcr.io/distroless/cc-debian12:nonroot

FROM ${BUILD_IMAGE} AS build
WORKDIR /src
# The C compiler that aws-lc needs is part of this image; none is needed to run.
COPY Cargo.toml Cargo.lock clippy.toml ./
COPY crates ./crates
COPY migrations ./migrations
COPY src ./src
COPY demo ./demo
RUN --mount=type=cache,target=/usr/local/cargo/registry \
    --mount=type=cache,target=/src/target \
    cargo build --release --locked --no-default-features --bin astria-gateway \
    && install -D --strip target/release/astria-gateway /out/astria-gateway \
    && install -d /out/data /out/spool

# The imitated upstream, for the compose profile and for load tests; build it with --target mock.
FROM build AS build-mock
RUN --mount=type=cache,target=/usr/local/cargo/registry \
    --mount=type=cache,target=/src/target \
    cargo build --release --locked --package mock-astria \
    && install -D --strip target/release/mock-astria /out/mock-astria

FROM ${RUNTIME_IMAGE} AS mock
COPY --from=build-mock /out/mock-astria /usr/local/bin/mock-astria
USER 65532:65532
EXPOSE 9000
ENTRYPOINT ["/usr/local/bin/mock-astria"]
CMD ["--listen", "0.0.0.0:9000"]

FROM ${RUNTIME_IMAGE} AS gateway
ARG REVISION=unknown
ARG VERSION=0.1.0
LABEL org.opencontainers.image.title="astria-gateway" \
      org.opencontainers.image.description="A backend-for-frontend between an app and the Astria image API" \
      org.opencontainers.image.licenses="MIT OR Apache-2.0" \
      org.opencontainers.image.version="${VERSION}" \
      org.opencontainers.image.revision="${REVISION}"
COPY --from=build /out/astria-gateway /usr/local/bin/astria-gateway
# /data for the durable store, /spool for large uploads: volumes, since the root file system is read-only.
COPY --from=build --chown=65532:65532 /out/data /data
COPY --from=build --chown=65532:65532 /out/spool /spool
VOLUME ["/data", "/spool"]
# By number, so that Kubernetes can see that it is not root.
USER 65532:65532
EXPOSE 8080 9090
# The operator's address asks nobody for a token, so it stays inside the container until somebody opens it.
ENV ASTRIA_GATEWAY__SERVER__LISTEN=0.0.0.0:8080 \
    ASTRIA_GATEWAY__OPERATOR__LISTEN=127.0.0.1:9090 \
    ASTRIA_GATEWAY__STORE__URL=sqlite:/data/gateway.db \
    TMPDIR=/spool
# No HEALTHCHECK: it would need a client in the image, only Docker reads it, and Docker does nothing with it by
# itself. Ask /readyz on operator.listen from outside, as Kubernetes does.
STOPSIGNAL SIGTERM
ENTRYPOINT ["/usr/local/bin/astria-gateway"]
CMD ["serve", "--config", "/etc/astria-gateway/config.toml"]
