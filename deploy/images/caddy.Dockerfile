# Caddy alone, built out of its module's source, where no registry has it.
ARG PROXY=artdag/proxy
FROM ${PROXY} AS proxy

FROM scratch
COPY --from=proxy /caddy /usr/bin/
LABEL org.opencontainers.image.title="artdag caddy" \
      org.opencontainers.image.licenses="Apache-2.0"
ENV PATH=/usr/bin
USER 10001:10001
EXPOSE 8443
CMD ["caddy", "run", "--config", "/etc/caddy/Caddyfile", "--adapter", "caddyfile"]
