# broker as an image: the binary, the C library that it is linked with, and nothing else. docs/install.md says how to
# use it, and what of this file was run where.
#
#   docker build --build-arg COMMIT=$(git rev-parse --short=7 HEAD) -t broker:0.1.0 .

# The index of all architectures. Debian 12, whose C library ends up in the image: a newer base brings a newer one.
FROM node:22.20.0-bookworm-slim@sha256:b21fe589dfbe5cc39365d0544b9be3f1f33f55f3c86c87a76ff65a02f8f5848e AS build
SHELL ["/bin/bash", "-euo", "pipefail", "-c"]
WORKDIR /src
COPY . .
# The commit for `broker --version`; the sources come without their history.
ARG COMMIT=""
RUN BROKER_COMMIT="$COMMIT" npx --yes deno@2.9.6 task compile --output /image/usr/local/bin/broker
# The libraries and the loader, under their own paths; then the user, and how names are looked up.
RUN ldd /image/usr/local/bin/broker | grep -o '/[^ )]*' | sort -u | \
    xargs cp --parents --dereference --target-directory=/image
RUN mkdir -p /image/etc /image/srv && \
    mkdir -m 1777 /image/tmp && \
    echo 'broker:x:65532:65532:broker:/srv:/sbin/nologin' > /image/etc/passwd && \
    echo 'broker:x:65532:' > /image/etc/group && \
    echo 'hosts: files dns' > /image/etc/nsswitch.conf

FROM scratch
COPY --from=build /image /
ARG COMMIT=""
LABEL org.opencontainers.image.title="broker" \
      org.opencontainers.image.version="0.1.0" \
      org.opencontainers.image.revision="$COMMIT" \
      org.opencontainers.image.licenses="MIT"
# By number: Kubernetes cannot tell from a name that it is not root.
USER 65532:65532
# Protos and handlers: a mount, or the COPY of an image that begins with this one.
WORKDIR /srv
# gRPC, and the page with /metrics, as AI4EU and Graphene expect them.
EXPOSE 8061 8062
STOPSIGNAL SIGTERM
# Without a shell, and by address: /etc/hosts is not ours.
HEALTHCHECK --interval=10s --timeout=3s --start-period=10s --retries=3 \
    CMD ["/usr/local/bin/broker", "health", "127.0.0.1:8061", "--max-time", "2s"]
ENTRYPOINT ["/usr/local/bin/broker"]
CMD ["serve", "--web-host", "0.0.0.0"]
