# shellcheck shell=sh
# SPDX-License-Identifier: MIT
# For the scripts here, for bootstrap and tests/vm/prepare: packages of one version, of Debian or of npm, unpacked in a
# temporary folder; nothing is installed.

set -u
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT

# apt_of SUITE ARGUMENT...: apt-get for that suite of Debian alone, as if nothing was installed. The mirror is the one that
# this computer uses; the lists are read aside.
apt_of() {
  # shellcheck disable=SC2016 # apt's own variable
  mirror=$(apt-get indextargets --format '$(REPO_URI)' 'Created-By: Packages' | grep -m1 'debian/$') ||
    mirror=http://deb.debian.org/debian/
  mkdir -p "$folder/lists/partial" "$folder/cache/archives/partial"
  echo "deb [signed-by=/usr/share/keyrings/debian-archive-keyring.gpg] $mirror $1 main" >"$folder/sources"
  shift
  cat >"$folder/apt.conf" <<END
Dir::Etc::sourcelist "$folder/sources";
Dir::Etc::sourceparts "/dev/null";
Dir::State "$folder";
Dir::State::status "/dev/null";
Dir::Cache "$folder/cache";
APT::Sandbox::User "root";
Acquire::Languages "none";
Debug::NoLocking "1";
END
  (
    cd "$folder/cache/archives" || exit
    APT_CONFIG=$folder/apt.conf apt-get -qq update && APT_CONFIG=$folder/apt.conf apt-get -qq "$@"
  ) >&2
}

# unpack_archives: all that apt_of has got, into $folder/root.
unpack_archives() {
  mkdir -p "$folder/root"
  for archive in "$folder"/cache/archives/*.deb; do
    echo "package: $(basename "$archive")"
    dpkg -x "$archive" "$folder/root" && rm "$archive"
  done
}

# unpack SUITE PACKAGE=VERSION...: into $folder/root. 77: the mirror has no such package any more.
unpack() {
  suite=$1
  shift
  apt_of "$suite" download "$@" || exit 77
  unpack_archives
}

# unpack_whole SUITE PACKAGE: the same, with all that it needs, the C library included.
unpack_whole() {
  apt_of "$1" -y --no-install-recommends --download-only install "$2" || exit 77
  unpack_archives
}

# unpack_npm NAME@VERSION...: into $folder/node_modules; none of their scripts is run.
unpack_npm() {
  npm install --silent --ignore-scripts --no-audit --no-fund --cache "$folder/cache" --prefix "$folder" "$@" >&2 || exit 77
  printf 'package: %s\n' "$@"
}

# expect WHAT WANTED SEEN: shows it; another one than wanted ends the script.
expect() {
  printf '%s: %s\n' "$1" "$3"
  [ "$2" = "$3" ] || { printf 'It is not so any more: "%s" was seen before.\n' "$2" >&2; exit 1; }
}
