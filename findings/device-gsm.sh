#!/bin/sh
# SPDX-License-Identifier: MIT
# libdevice-gsm-perl 1.61: of a number with several * it turns only the first one back into a *: *21*23# is *21A23#
# (3GPP TS 23.040, 9.1.2.3). The address of a name, such as Vodafone, has an octet with the number of its letters in
# front of them, which shifts them all into others (9.1.2.5). Octets (data coding 0x04 of TS 23.038, clause 4) and a
# text in UCS-2 that is to be shown at once (0x18) are read as 7-bit codes.

# shellcheck source=findings/packages.sh
. "$(dirname "$0")/packages.sh"
unpack bookworm libdevice-gsm-perl=1.61-3

gsm() { PERL5LIB=$folder/root/usr/share/perl5 perl -e "use Device::Gsm::Sms; print $1"; }
message() { gsm "Device::Gsm::Sms->new(header => '+CMGL: 1,1,,20', pdu => '$1')->$2"; }
code() { gsm "Device::Gsm::Pdu::$1"; }

smsc=0791447779070650
from=${smsc}040C9144770009103200 # SMS-DELIVER; its data coding, time and text follow
expect "a sender *21*23#" "*21A23#" "$(message "${smsc}0407812AA132FB00006211221030450005C8329BFD06" "sender")"
expect "Vodafone in semi-octets: 0ED0D637396C7EBBCB" 10D008D637396C7EBBCB "$(code "encode_address('Vodafone')")"
expect "2 in UCS-2" 2 "$(message "${from}0862112210304500020032" text)"
expect "2 in UCS-2, at once" "@d" "$(message "${from}1862112210304500020032" text)"
expect "the octets Hello" HJ1cv "$(message "${from}04621122103045000548656C6C6F" text)"
