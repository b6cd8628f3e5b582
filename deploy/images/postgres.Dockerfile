# PostgreSQL with one database and its owner; the password is read from a file.
ARG BASE=artdag/base
FROM ${BASE}
RUN mkdir -p /etc/postgresql-common \
 && echo 'create_main_cluster = false' > /etc/postgresql-common/createcluster.conf \
 && apt-get update -qq \
 && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends postgresql-15 \
 && rm -rf /var/lib/apt/lists/* /var/cache/apt /var/log/*
ENV PATH=/usr/lib/postgresql/15/bin:/usr/local/bin:/usr/bin:/bin
COPY postgres.sh /usr/local/bin/start-postgres
LABEL org.opencontainers.image.title="artdag postgres" \
      org.opencontainers.image.licenses="PostgreSQL"
USER 10001:10001
VOLUME /data
EXPOSE 5432
ENTRYPOINT ["start-postgres"]
