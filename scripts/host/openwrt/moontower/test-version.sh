#!/bin/sh
# SPDX-License-Identifier: MIT
# Run by the feed's CI: is the installed program of the package's version?

case "${PKG_NAME:-$1}" in
moontower) moontower --version | grep -F "${PKG_VERSION:-$2}" ;;
esac
