# shellcheck shell=bash
# Sourced by the other scripts: where things lie, and which Postgres is meant.
#
# After it has been sourced with the script's arguments:
#   ROOT             the repository; also the current folder
#   TARGET           cargo's target folder; everything that is made or cached is below it
#   PG               the major version of Postgres: --pg N, else PG_MAJOR, else 15
#   PG_CONFIG        its pg_config
#   SUITE            the Debian release that has it, or nothing; see headers_here
#   PACKAGE          folder with the packaged extension
#   ARTIFACTS        folder with what is made of it to be given away
#   IMAGE            image with the extension; WRAPPERS_IMAGE gives it another name, so that several
#                    checkouts on one machine do not replace each other's
#   ARGUMENTS        the arguments that are left
#   PGRX_HOME        exported for cargo-pgrx and pgrx's build script
# An option --help prints the comment at the head of the script that sources this.
set -euo pipefail

for argument in "$@"; do
  if [[ $argument == --help || $argument == -h ]]; then
    awk 'NR > 1 { if (!/^#/) exit; sub(/^# ?/, ""); print }' "$0"
    exit
  fi
done

ROOT=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
cd "$ROOT"
TARGET=${CARGO_TARGET_DIR:-target}
[[ $TARGET == /* ]] || TARGET=$ROOT/$TARGET
PG=${PG_MAJOR:-15}
ARGUMENTS=()
while (($#)); do
  case $1 in
    --pg)
      PG=${2:?--pg takes a major version of Postgres}
      shift
      ;;
    --pg=*) PG=${1#--pg=} ;;
    *) ARGUMENTS+=("$1") ;;
  esac
  shift
done
if [[ ! $PG =~ ^[0-9]+$ ]]; then
  echo "\"$PG\" is no major version of Postgres" >&2
  exit 2
fi

# The extension's version.
version() {
  sed -n '/^\[workspace\.package\]/,/^\[/ s/^version *= *"\(.*\)"/\1/p' Cargo.toml
}

# shellcheck disable=SC2034 # for the scripts that source this
{
  PG_CONFIG=/usr/lib/postgresql/$PG/bin/pg_config
  PACKAGE=$TARGET/package/pg$PG
  ARTIFACTS=$TARGET/artifacts/$(version)
  IMAGE=${WRAPPERS_IMAGE:-wrappers-postgres}:$PG
  # Debian has one major version of Postgres in each release.
  case $PG in
    15) SUITE=bookworm ;;
    17) SUITE=trixie ;;
    18) SUITE=forky ;;
    *) SUITE= ;;
  esac
}
export PGRX_HOME=$TARGET/pgrx PG_MAJOR=$PG
export PATH=$TARGET/cargo-pgrx/bin:$PATH

fail() {
  echo "${0##*/}: $*" >&2
  exit 1
}

# Ends the script if there are arguments that it does not know.
no_more_arguments() {
  ((${#ARGUMENTS[@]} == 0)) || fail "there is no option ${ARGUMENTS[0]}; see --help"
}

# The version of the package $1 in Cargo.lock.
locked_version() {
  awk -v name="name = \"$1\"" '$0 == name { getline; gsub(/version = |"/, ""); print; exit }' \
    Cargo.lock
}

# Who answers for a package: DEBFULLNAME and DEBEMAIL, as Debian's tools have it, else who made the last commit.
maintainer() {
  if [[ -n ${DEBFULLNAME:-} && -n ${DEBEMAIL:-} ]]; then
    echo "$DEBFULLNAME <$DEBEMAIL>"
  else
    git log -1 --format='%an <%ae>'
  fi
}

# Has what is packed from here on carry the time of the last commit, unless SOURCE_DATE_EPOCH gives one: the
# same files then make the same package (https://reproducible-builds.org/docs/source-date-epoch/).
source_date() {
  export SOURCE_DATE_EPOCH=${SOURCE_DATE_EPOCH:-$(git log -1 --format=%ct)}
}

# Prints --ignore-rust-version where a dependency declares a newer compiler than there is. pgrx and
# supabase-wrappers declare the newest of their day; what they use of it is less.
ignore_rust_version() {
  local newest have
  newest=$(cargo metadata --format-version 1 --locked | python3 -c '
import json, sys
versions = [p["rust_version"] for p in json.load(sys.stdin)["packages"] if p["rust_version"]]
print(max(versions, key=lambda version: [int(part) for part in version.split(".")]))')
  have=$(rustc --version | awk '{ sub(/-.*/, "", $2); print $2 }')
  if [[ $(printf '%s\n' "$newest" "$have" | sort --version-sort | tail -n 1) != "$have" ]]; then
    echo --ignore-rust-version
  fi
}

# Installs the cargo subcommand $1 of version $2 below target/, unless it is there; prints its path.
cargo_tool() {
  local tool=$TARGET/$1/bin/$1 flag
  if [[ $("$tool" "${1#cargo-}" --version 2>/dev/null) != *" $2" ]]; then
    echo "Installing $1 $2" >&2
    flag=$(ignore_rust_version)
    cargo install "$1" --version "$2" --locked --root "$TARGET/$1" --quiet ${flag:+"$flag"} "${@:3}" >&2
  fi
  echo "$tool"
}

# Whether this machine has the server's headers of Postgres $PG. Where it has not, what needs them runs in
# an image of the Debian release that has: scripts/with-headers.
headers_here() {
  [[ -x $PG_CONFIG && -f $("$PG_CONFIG" --includedir-server)/postgres.h ]]
}

# The features of `wrappers` that bring a source, separated by commas.
source_features() {
  sed -n '/^\[features\]/,/^\[/ s/^\([a-z0-9_]*_fdw\) *=.*/\1/p' wrappers/Cargo.toml | paste -sd,
}

# Whether the image $1 is here.
has_image() {
  docker image inspect "$1" >/dev/null 2>&1
}

# Whether the image $1 is here, or a registry has it: then it is fetched.
get_image() {
  has_image "$1" || { timeout 10 docker manifest inspect "$1" >/dev/null 2>&1 && docker pull --quiet "$1" >/dev/null; }
}

# Makes the image $1 of the Debian release $SUITE with the packages $2 (separated by commas); the arguments
# from $3 on are mmdebstrap's.
debian_image() {
  local image=$1 packages=$2
  shift 2
  # The index of a release in the making is good for a week, and a mirror's may be older.
  set -- --aptopt='Acquire::Check-Valid-Until "false"' "$@"
  # A pipe into docker would leave an empty image when mmdebstrap fails.
  mkdir -p "$TARGET"
  local archive=$TARGET/${image//:/-}.tar
  mmdebstrap --quiet --variant=minbase --include="$packages" --dpkgopt=force-unsafe-io \
    --dpkgopt='path-exclude=/usr/share/doc/*' \
    --dpkgopt='path-exclude=/usr/share/man/*' \
    "$@" "$SUITE" "$archive" ${DEBIAN_MIRROR:+"$DEBIAN_MIRROR"} || {
    rm -f "$archive"
    fail "mmdebstrap can't make $image"
  }
  docker import --message "$packages of Debian $SUITE" "$archive" "$image" >/dev/null
  rm -f "$archive"
}

# Builds an image from `docker build` arguments; what the builder says is shown only if it fails.
build_image() {
  local said
  said=$(docker build "$@" 2>&1) || fail "docker build failed: $said"
}

# Makes a Python environment at $1 with the packages from $2 on, each with its version, unless it has them.
python_venv() {
  local venv=$1 package have
  shift
  have=$("$venv/bin/python" -m pip list --format freeze 2>/dev/null || true)
  for package in "$@"; do
    if ! grep -qxF "$package" <<<"$have"; then
      python3 -m venv --clear "$venv"
      "$venv/bin/python" -m pip install --quiet --disable-pip-version-check "$@"
      return
    fi
  done
}
