# shellcheck shell=sh
# SPDX-License-Identifier: MIT
# For the scripts here: packages of one version, of Debian or of npm, unpacked in a temporary folder; nothing is installed.

set -u
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT

# unpack SUITE PACKAGE=VERSION...: into $folder/root. The mirror is the one that this computer uses; the lists of other
# suites are read aside. 77: the mirror has no such package any more.
unpack() {
  suite=$1
  shift
  # shellcheck disable=SC2016 # apt's own variable
  mirror=$(apt-get indextargets --format '$(REPO_URI)' 'Created-By: Packages' | grep -m1 'debian/$')
  mkdir -p "$folder/lists/partial" "$folder/cache/archives/partial" "$folder/root"
  echo "deb [signed-by=/usr/share/keyrings/debian-archive-keyring.gpg] $mirror $suite main" >"$folder/sources"
  cat >"$folder/apt.conf" <<END
Dir::Etc::sourcelist "$folder/sources";
Dir::Etc::sourceparts "/dev/null";
Dir::State::lists "$folder/lists";
Dir::Cache "$folder/cache";
APT::Sandbox::User "root";
Acquire::Languages "none";
END
  (
    cd "$folder" || exit
    APT_CONFIG=$folder/apt.conf apt-get -qq update && APT_CONFIG=$folder/apt.conf apt-get -qq download "$@"
  ) >&2 || exit 77
  for package in "$folder"/*.deb; do
    echo "package: $(basename "$package")"
    dpkg -x "$package" "$folder/root" && rm "$package"
  done
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
