# SPDX-License-Identifier: MIT
# SMS and USSD as ModemManager has them, and as we do, on the same modem: for test_messages and test_messages_qmi.
# Source it after modemmanager.sh.
# shellcheck shell=sh

long='Zwoelf Boxkaempfer jagen Viktor quer ueber den grossen Sylter Deich. Preis: 5 € [netto]. Zwoelf Boxkaempfer
jagen Viktor quer ueber den grossen Sylter Deich, und noch einmal.'
cyrillic='Привет, башня! Ответ по-русски не помещается в одно сообщение, потому что на букву уходит два байта.'

# has_sms COUNT: ModemManager has as many that came in.
has_sms() { [ "$(mmcli -m any --messaging-list-sms | grep -c '(received)')" = "$1" ]; }

# has_request TEXT: ModemManager says that the network waits for a reply.
has_request() { mmcli -m any --3gpp-ussd-status | grep -q "$1"; }

# texts_of_manager: the texts of all that came in, each between brackets, sorted by their first letters.
texts_of_manager() {
  for path in $(mmcli -m any --messaging-list-sms | sed -n 's/.*\(\/org[^ ]*\) (received).*/\1/p'); do
    mmcli -s "$path" --output-json
  done
}

compare_messages() {
  expect_status 0 mmcli -m any --enable
  for text in 'Hello, tower!' "$long" "$cyrillic"; do
    expect_status 0 moontower simulate fault sms "$text"
  done
  until_true has_sms 3
  echo '== what ModemManager sends comes back, as it is to the own number'
  expect_status 0 mmcli -m any --messaging-create-sms="text='From mmcli: 5 €, {ok}',number='+15550100123'"
  sent=$(mmcli -m any --messaging-list-sms | sed -n 's/.*\(\/org[^ ]*\) (unknown).*/\1/p')
  expect_status 0 mmcli -s "$sent" --send
  until_true has_sms 4
  texts_of_manager >/run/manager.json
  echo '== USSD'
  expect_status 0 mmcli -m any --3gpp-ussd-initiate='*100#'
  expect_words 'Balance: 12.34 €'
  expect_status 0 mmcli -m any --3gpp-ussd-initiate='*101#'
  expect_words '1 Balance'
  expect_status 0 mmcli -m any --3gpp-ussd-respond=2
  case $output in
  *'1 Number'*) ;;
  *) until_true has_request '1 Number' ;; # over QMI, it takes the answer to a reply for a request of the network's
  esac
  expect_status 0 mmcli -m any --3gpp-ussd-cancel
  stop_manager

  echo '== the same of ours'
  expect_status 0 moontower ussd '*100#'
  expect_words 'Balance: 12.34 €'
  moontower sms --json >/run/ours.json
  expect_status 0 moontower run tests/vm/messages.lua /run/manager.json /run/ours.json
}
