#!/bin/sh
# SPDX-License-Identifier: MIT
# Run by the feed's CI after the package is installed; there is neither a modem nor netifd.

case "${PKG_NAME:-$1}" in
moontower)
	moontower decode 01 0c 00 00 02 01 00 01 00 25 00 00 00 || exit 1
	moontower devices || [ $? = 3 ] || exit 1
	/usr/libexec/rpcd/moontower list
	;;
moontower-sim)
	moontower simulate --help
	;;
esac
