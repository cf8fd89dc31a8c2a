# A local Auth0 tenant, for trying the extension out without one of your own. scripts/tenant-image builds it.

ARG BASE=debian:bookworm-slim
FROM ${BASE}
COPY auth0-tenant /usr/local/bin/auth0-tenant
USER nobody
EXPOSE 8089
ENTRYPOINT ["auth0-tenant", "--listen", "0.0.0.0:8089"]
CMD ["--full-grant", "--users", "500"]
