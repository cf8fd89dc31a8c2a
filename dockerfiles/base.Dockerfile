# The equivalent of `postgres:<major>-bookworm` with Postgres from Debian: for places where no registry
# answers. scripts/base-image makes the file system below and builds it.

ARG DEBIAN
FROM ${DEBIAN}
ARG PG_MAJOR
ENV PG_MAJOR=${PG_MAJOR} \
    PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin:/usr/lib/postgresql/${PG_MAJOR}/bin \
    LANG=en_US.utf8 \
    PGDATA=/var/lib/postgresql/data
COPY base-entrypoint.sh /usr/local/bin/docker-entrypoint.sh
RUN chmod 0755 /usr/local/bin/docker-entrypoint.sh \
    && install -d /docker-entrypoint-initdb.d \
    && install -d -o postgres -g postgres -m 1777 "$PGDATA" \
    && install -d -o postgres -g postgres -m 3777 /var/run/postgresql
VOLUME /var/lib/postgresql/data
ENTRYPOINT ["docker-entrypoint.sh"]
# Fast shutdown: SIGTERM would wait for every session to end.
STOPSIGNAL SIGINT
EXPOSE 5432
CMD ["postgres"]
