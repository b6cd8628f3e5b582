# The scheduler, the command line for backups beside it, and the tools with which
# it measures inputs before it plans.
ARG BINARIES=artdag/binaries
ARG TOOLS=artdag/tools
FROM ${BINARIES} AS binaries

FROM ${TOOLS}
# Where schedulers that share a key have it: a volume takes the owner from here.
RUN install -d -o artdag -g artdag -m 0700 /data/key
COPY --from=binaries /scheduler /artdag /healthcheck /
LABEL org.opencontainers.image.title="artdag scheduler" \
      org.opencontainers.image.description="Plans jobs, releases steps, serves the API" \
      org.opencontainers.image.licenses="Apache-2.0"
USER 10001:10001
VOLUME /data
EXPOSE 8080
ENTRYPOINT ["/scheduler"]
