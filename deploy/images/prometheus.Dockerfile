# Prometheus out of Debian's packages, where no registry has it. What it stores
# belongs to a group, as in the official image, so that the compose file fits
# both.
ARG BASE=artdag/base
FROM ${BASE} AS packages
RUN apt-get update -qq \
 && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends prometheus \
 && install -d -o 65534 -g 65534 -m 0775 /stored/prometheus

FROM ${BASE}
COPY --from=packages /usr/bin/prometheus /usr/bin/promtool /usr/local/bin/
COPY --from=packages /usr/share/prometheus /usr/share/prometheus
COPY --from=packages /stored/ /
LABEL org.opencontainers.image.title="artdag prometheus" \
      org.opencontainers.image.licenses="Apache-2.0"
USER 10001:65534
WORKDIR /prometheus
VOLUME /prometheus
EXPOSE 9090
ENTRYPOINT ["prometheus"]
