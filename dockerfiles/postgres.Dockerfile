# Postgres with the extension `wrappers` installed.
#
# The context is the folder that scripts/package writes: it has Debian's paths, and the official
# images of Postgres have the same. scripts/image builds it.

ARG BASE=postgres:15-bookworm
FROM ${BASE}
COPY . /
