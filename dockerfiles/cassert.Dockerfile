# Postgres with its own assertions: the server of Debian's source package, configured as Debian does but for
# what needs compilers and libraries that nothing here uses, in the place of the packaged one.
#
# scripts/cassert builds it on the image of scripts/base-image.

ARG BASE
FROM ${BASE}
ARG PG_MAJOR
RUN printf 'Acquire::Check-Valid-Until "false";\n' >/etc/apt/apt.conf.d/90check-valid-until \
    && for list in /etc/apt/sources.list /etc/apt/sources.list.d/*.list; do \
         [ ! -f "$list" ] || sed -n 's/^deb \(\[[^]]*\] \)\?/deb-src \1/p' "$list"; \
       done >/tmp/sources.list \
    && mv /tmp/sources.list /etc/apt/sources.list.d/with-sources.list \
    && apt-get update -qq \
    && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends \
         bison dpkg-dev flex gcc libc6-dev libcurl4-openssl-dev libicu-dev liblz4-dev libnuma-dev libreadline-dev \
         libssl-dev liburing-dev libxml2-dev libxslt1-dev libzstd-dev make perl pkg-config uuid-dev zlib1g-dev
WORKDIR /usr/src
# A mirror of the security updates may lack their sources: then those of the release. Of options that are given
# twice the last one counts.
RUN for version in $(apt-cache showsrc "postgresql-$PG_MAJOR" | sed -n 's/^Version: //p' | sort --version-sort -r); do \
         apt-get source -qq "postgresql-$PG_MAJOR=$version" && break; \
       done \
    && cd "postgresql-$PG_MAJOR"-*/ \
    && eval ./configure --quiet "$("/usr/lib/postgresql/$PG_MAJOR/bin/pg_config" --configure | sed "s/'--runstatedir=[^']*'//")" \
         --enable-cassert --without-llvm --without-tcl --without-perl --without-python --without-pam \
         --without-gssapi --without-ldap --without-systemd --without-selinux --disable-dtrace \
         --disable-tap-tests --disable-nls XSLTPROC= PROVE= \
    && make --silent -j "$(nproc)" \
    && make --silent -j "$(nproc)" -C contrib \
    && make --silent install \
    && make --silent -C contrib install \
    && rm -rf /usr/src/* \
    && rm -rf "/usr/lib/postgresql/$PG_MAJOR/lib/bitcode"
WORKDIR /
