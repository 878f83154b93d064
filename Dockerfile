# The image of the one program, which is operator, JWKS server and smoke test. `make image` builds
# it; so does `docker build .`, with BuildKit or with the classic builder.
#
# The bases are arguments, for whoever has images of their own. NODE_IMAGE needs node, npm and a
# shell, and RUNTIME_IMAGE glibc and libstdc++ of the same age or newer. Renovate adds their digests
# and keeps them new (renovate.json).
ARG NODE_IMAGE=docker.io/library/node:26.10.0-trixie-slim
ARG RUNTIME_IMAGE=gcr.io/distroless/cc-debian13:nonroot

# The bundles are the same for every platform, so they are made once, on the builder's own. The
# classic builder does not know BUILDPLATFORM; `linux` alone means the machine's architecture.
FROM --platform=${BUILDPLATFORM:-linux} ${NODE_IMAGE} AS bundles
WORKDIR /src
COPY package.json package-lock.json ./
# No install script is needed: esbuild finds its program without, and node is there already.
RUN npm ci --ignore-scripts --no-audit --no-fund --loglevel=error
COPY scripts scripts
COPY src src
RUN node scripts/build.ts --descriptions /descriptions

# Each bundled package's package.json, where it would be installed. BuildKit's scanner knows npm packages
# by those alone and can't see them in a bundle; it scans this stage because of the argument, and
# only if the image takes something from it.
FROM scratch AS packages
ARG BUILDKIT_SBOM_SCAN_STAGE=true
COPY --from=bundles /descriptions /
COPY --from=bundles /src/dist/signing-keys.cdx.json /sbom/

# Node for the platform of the image. Nothing is run in this stage, so that no emulator is needed.
FROM ${NODE_IMAGE} AS node

FROM ${RUNTIME_IMAGE}
# Node.js links to it, and no base image for C++ programs has it.
COPY --from=node /usr/lib/*-linux-gnu/libatomic.so.1* /usr/lib/
COPY --from=node /usr/local/bin/node /usr/local/bin/node
COPY --from=node /usr/local/LICENSE /licenses/node/LICENSE
COPY LICENSE /licenses/LICENSE
COPY --from=bundles /src/dist/THIRD-PARTY-LICENSES.txt /licenses/
COPY --from=packages /sbom /sbom
COPY --from=bundles /src/dist/*.mjs /app/

ARG VERSION=unknown
ARG REVISION=unknown
ARG SOURCE=""
LABEL org.opencontainers.image.title="signing-key-operator" \
      org.opencontainers.image.description="Rotates the keys that sign JWTs, and serves their JWKS" \
      org.opencontainers.image.licenses="Apache-2.0" \
      org.opencontainers.image.version="${VERSION}" \
      org.opencontainers.image.revision="${REVISION}" \
      org.opencontainers.image.source="${SOURCE}"

USER 65532:65532
WORKDIR /
# 8080 is the JWKS, 8081 has metrics and probes, 8443 the metrics if they have TLS.
EXPOSE 8080 8081 8443
# A signal must not open a debugger, which reads every key.
ENTRYPOINT ["/usr/local/bin/node", "--disable-sigusr1", "/app/signing-keys.mjs"]
CMD ["--help"]
