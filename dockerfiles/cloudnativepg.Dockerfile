# The extension alone, to be mounted into a Postgres of CloudNativePG (image volume extensions): the operator
# adds the folders to extension_control_path and dynamic_library_path.
#
# The context is the unpacked archive of scripts/package-tarball. scripts/package-cloudnativepg builds it.

FROM scratch
COPY lib /lib
COPY share /share
COPY LICENSE THIRD-PARTY-LICENSES.md /licenses/
