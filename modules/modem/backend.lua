-- SPDX-License-Identifier: MIT
-- A back end: the verbs of a modem that need its protocol. Each back end has all of them, which is checked at its load.
--
-- modem/mbim/, modem/qmi/ and modem/at_only.lua are back ends. Another protocol is another file with these verbs.
-- Results are the same whatever the protocol is: seconds, dBm, strings for enumerations, nil for what is not told.
-- Each verb that asks the modem returns nil and an error when the modem does not answer ("timeout"), is gone ("gone"),
-- refuses ("rejected", "busy" ...) or does not know the question ("unsupported").

---@class modem.identity
---@field imei string?
---@field firmware string? "unknown" if the modem does not tell
---@field hardware string?

---@class modem.sim
---@field state "ready"|"locked"|"missing"|"starting"|"failure"
---@field reason string? the protocol's word for it
---@field imsi string?
---@field iccid string?
---@field numbers string[]? telephone numbers; nil: not asked

---@class modem.pin
---@field type string "pin1", "puk1", "network-pin" ...: the modem's own locks have MBIM's names
---@field locked boolean
---@field tries integer? that are left; only while it is locked

---@class modem.radio
---@field hardware "on"|"off" the switch of the computer
---@field software "on"|"off"

---@class modem.provider
---@field id string MCC and MNC, five or six digits; "" if it is not known
---@field name string "" if it is not known

---@alias modem.technology
---| "5G SA" NR alone
---| "5G NSA" NR beside a cell of LTE
---| "5G" one of the two: the modem does not tell which
---| "LTE" also where the cell has NR to offer, and the modem does not use it
---| "HSPA"
---| "UMTS"
---| "EDGE"
---| "GPRS"

---@class modem.registration
---@field state "home"|"roaming"|"partner"|"searching"|"denied"|"deregistered"|"unknown"
---@field provider modem.provider
---@field technology modem.technology? that the modem is on, not the best that it could be
---@field tac integer? tracking area code, of LTE and 5G
---@field lac integer? location area code, of older ones
---@field cell_id integer? as modem.cell has it
---@field nw_error integer? why the network refuses: a cause of 3GPP TS 24.008 or 24.301

---@class modem.network of one answer
---@field registration modem.registration
---@field packet modem.packet_service? nil: that answer does not tell it
---@field radio modem.radio? likewise

---@class modem.packet_service
---@field state "attached"|"attaching"|"detached"|"detaching"|"unknown"
---@field technology string? as modem.registration has it
---@field tac integer? tracking area code
---@field nw_error integer?

-- Signal and cells: dBm and dB, MHz. What a message has for "unknown" is nil here.

---@class modem.signal
---@field dbm number? strength (RSSI) of what the modem is on; RSRP on 5G, which has no RSSI, and where the modem tells
--- none; nil: it measures nothing now
---@field lte modem.signal_values? a technology is there if it is measured now; LTE: rssi, rsrp, rsrq, sinr
---@field nr modem.signal_values? 5G: rsrp, rsrq, sinr
---@field umts modem.signal_values? rssi, rscp, ecio
---@field gsm modem.signal_values? rssi
---@field antennas modem.antenna[]? where the modem tells them apart

---@class modem.signal_values
---@field rssi number? dBm: all power in the channel, noise included
---@field rsrp number? dBm: reference signal's power
---@field rsrq number? dB: its quality
---@field sinr number? dB: signal to interference and noise
---@field rscp number? dBm: pilot channel's power, of UMTS
---@field ecio number? dB: that against all power; below 0

---@class modem.signal_thresholds
---@field rssi number[]? dBm, as is rsrp
---@field rsrp number[]?
---@field rsrq number[]? dB, as is sinr
---@field sinr number[]?
---@field closely boolean? each dB is to be told

---@class modem.antenna
---@field port integer from 1 on
---@field technology "5G"|"LTE"|"UMTS"|"GSM"
---@field rsrp number?
---@field rssi number?
---@field sinr number?
---@field phase number? degrees, against the first port

---@class modem.cells
---@field serving modem.cell[] the primary cell first, then carriers that are aggregated, and NR beside LTE
---@field neighbours modem.cell[]

---@class modem.cell: modem.signal_values
---@field technology "5G"|"LTE"|"UMTS"|"GSM"
---@field role "primary"|"secondary"|nil nil: a neighbour. NR beside a cell of LTE is secondary
---@field state "active"|"inactive"|nil of a secondary one, where the modem tells it
---@field plmn string? its network, as modem.provider has the id
---@field cell_id integer? ECI (28 bits) of LTE, NCI (36 bits) of 5G, or the cell id of UMTS and GSM
---@field enb integer? base station of LTE: cell_id >> 8
---@field sector integer? its cell: cell_id & 0xff
---@field gnb integer? base station of 5G, only where the length of its number is known
---@field tac integer?
---@field lac integer?
---@field pci integer? physical cell id, of LTE and 5G
---@field psc integer? primary scrambling code, of UMTS
---@field band string? "B2", "n71", "GSM 900"
---@field channel integer? downlink: EARFCN, NR-ARFCN, UARFCN or ARFCN
---@field frequency number? MHz
---@field bandwidth number? MHz
---@field timing_advance number? microseconds

---@class modem.found_network
---@field id string as modem.provider has it
---@field name string "" if it is not known
---@field state "current"|"home"|"available"|"forbidden"|"unknown" current: the modem is registered with it
---@field technologies string[] "5G", "LTE", "UMTS", "GSM"

---@class modem.image
---@field kind "modem"|"carrier" the firmware itself, or what an operator changes in it
---@field version string
---@field id string?
---@field slot integer? where it is stored
---@field failures integer? times that it did not start
---@field is_active boolean it runs
---@field is_preferred boolean it is to run after the next start

---@class modem.counters what the modem itself has counted: bytes. A modem may count from its start, or from when it was
--- connected, so compare two answers
---@field received integer
---@field sent integer
---@field received_packets integer?
---@field sent_packets integer?
---@field received_errors integer? packets
---@field sent_errors integer?

---@class modem.session
---@field session integer
---@field state "activated"|"activating"|"deactivated"|"deactivating"|"unknown"
---@field ip "ipv4"|"ipv6"|"ipv4v6"|"default"|nil the families that are connected
---@field nw_error integer? why the network has ended it
---@field refused table<string, moontower.error>? by activate(): families that were asked for and not given

---@class modem.ip_configuration
---@field session integer
---@field ipv4 modem.family
---@field ipv6 modem.family
---@field untold table<string, true>? families that are connected, and whose addresses the modem has not told
---@field has_arp boolean? as modem.bearer has it

---@class modem.parameters of a connection
---@field apn string "" is the default one
---@field ip "ipv4"|"ipv6"|"ipv4v6"|nil both, if not given
---@field user string?
---@field password string?
---@field auth "none"|"pap"|"chap"|nil CHAP, if there is a user and nothing else is given
---@field session integer? 0, the usual one, if not given
---@field multiplex boolean? other sessions will follow. QMI has to know that before the first one; MBIM does not care
---@field aggregation boolean? false: a QMI modem puts one packet into a transfer, not several where the driver can take
--- them apart. MBIM always has several
---@field mtu integer? of the link; the modem is not told

---@class modem.backend
---@field open fun(description: modem.description, options: modem.options): table?, moontower.error? opens the control
--- port, and sends nothing; returns fields of the modem
---@field opened fun(self: modem.modem) called once the modem has all its fields
---@field close_port fun(self: modem.modem) the modem and its sessions stay as they are
---@field start fun(self: modem.modem, wanted: modem.parameters?, is_unresponsive: boolean?, on_try: function?): true?,
--- moontower.error? opens the control channel, and ends the sessions that earlier programs may have left; `wanted`:
--- what will be connected, if that is known already; on_try(number, of) is called before it is tried once more
---@field resume fun(self: modem.modem, has_record: boolean): boolean may it be asked without start(), as an earlier run
--- has left its control channel open? It says so if that is not the case. `has_record`: that of a connection
---@field started fun(self: modem.modem): boolean?, moontower.error? is the control channel open? nil: it is not known
---@field trace fun(self: modem.modem, group: task.group) shows what passes, in a task of that group: see trace.lua
---@field listen fun(self: modem.modem, queue: userdata, name: string) puts the indications of an event into a queue:
--- for modem/notifications.lua
---@field notified fun(self: modem.modem, name: string, item: table, last: table?): table? what an item of that queue
--- says of the event, as the verb returns it; nil: nothing. `last` is the value before it
---@field channel fun(self: modem.modem, session: integer): link.channel? the interface that a session has for itself
---@field identity fun(self: modem.modem, part: "name"?): modem.identity?, moontower.error? name: no IMEI is needed
---@field sim fun(self: modem.modem): modem.sim?, moontower.error?
---@field sim_state fun(self: modem.modem): modem.sim?, moontower.error? as sim(), in one answer: where its numbers take
--- others, `numbers` is nil
---@field pin fun(self: modem.modem): modem.pin?, moontower.error? which PIN or PUK the modem asks for
---@field enter_pin fun(self: modem.modem, pin: string): true?, moontower.error? enters PIN1, which may cost a try:
--- modem/pin.lua decides whether it may be sent
---@field radio fun(self: modem.modem): modem.radio?, moontower.error?
---@field set_radio fun(self: modem.modem, on: boolean): modem.radio?, moontower.error? returns how it is afterwards
---@field registration fun(self: modem.modem): modem.registration?, moontower.error?
---@field register fun(self: modem.modem): modem.registration?, moontower.error? has the modem look for a network
---@field network fun(self: modem.modem): modem.network?, moontower.error?
---@field packet_service fun(self: modem.modem): modem.packet_service?, moontower.error?
---@field attach fun(self: modem.modem): modem.packet_service?, moontower.error? "attach-failed"
---@field detach fun(self: modem.modem): modem.packet_service?, moontower.error? ends all sessions
---@field signal fun(self: modem.modem, part: "protocol"?): modem.signal?, moontower.error? protocol: what MBIM or QMI
--- tell in one answer is enough; neither are antennas asked about, nor the AT port for the rest
---@field cells fun(self: modem.modem, part: "protocol"?): modem.cells?, moontower.error? likewise
---@field scan fun(self: modem.modem): modem.found_network[]?, moontower.error? looks for networks; that takes minutes,
--- and may interrupt the connection
---@field watch_signal fun(self: modem.modem, thresholds: modem.signal_thresholds): true?, moontower.error? has it
--- tell when the primary cell's rssi, rsrp, rsrq or sinr passes one of these, and otherwise when one has changed by a
--- few dB: for the event "signal"
---@field images fun(self: modem.modem): modem.image[]?, moontower.error? the firmware images in it; "unsupported": it
--- tells of none
---@field counters fun(self: modem.modem): modem.counters?, moontower.error? "unsupported": it counts nothing
---@field slots fun(self: modem.modem): modem.slot[]?, moontower.error? the SIM slots: see modem/slots.lua;
--- "unsupported": it has one, or tells of none
---@field select_slot fun(self: modem.modem, number: integer): true?, moontower.error? has it use that slot, counted
--- from 1 on, without waiting for the card
---@field card_file fun(self: modem.modem, id: integer): string?, moontower.error? what a file of the SIM's application
--- says: see modem/card_files.lua
---@field home_provider fun(self: modem.modem): modem.provider?, moontower.error? the SIM's own network
---@field session fun(self: modem.modem, session: integer): modem.session?, moontower.error?
---@field ip_configuration fun(self: modem.modem, session: integer): modem.ip_configuration?, moontower.error?
---@field activate fun(self: modem.modem, parameters: modem.parameters): modem.session?, moontower.error? connects, and
--- ends what the session was connected to before; "connect-refused" by the network
---@field deactivate fun(self: modem.modem, session: integer): true?, moontower.error? true also if not connected
---@field stored_messages fun(self: modem.modem): sms.stored[]?, moontower.error? the SMS that it has, as PDUs
---@field send_pdu fun(self: modem.modem, pdu: string): integer?, moontower.error? sends an SMS, or a part of
--- one; returns the number that a report about it names
---@field delete_stored fun(self: modem.modem, place: string): true?, moontower.error? deletes an SMS, or a part of one
---@field open_card_channel fun(self: modem.modem, aid: string): modem.card_way?, moontower.error? for
--- modem/card_channel.lua: opens a logical channel to an application on the card; "not-found": there is none; "busy":
--- no channel is free
---@field close_card_channel fun(self: modem.modem, number: integer, way: string?): true?, moontower.error? one that
--- a killed run has left open; `way` is that of modem.card_way
---@field receiver fun(self: modem.modem): modem.receiver?, moontower.error? the receiver for GPS, not switched on yet;
--- "unsupported": there is none
---@field ussd fun(self: modem.modem, text: string, is_reply: boolean?, seconds: number?): modem.ussd_answer?,
--- moontower.error? sends a USSD code, or what the network waits for in the dialogue that is open, and waits for the
--- answer; "unsupported": there is no USSD here; "rejected": the network has ended it; "timeout"
---@field cancel_ussd fun(self: modem.modem): true?, moontower.error? ends the dialogue
---@field restart_card fun(self: modem.modem): true?, moontower.error? takes the card's power away for a moment, or
--- resets it: what is on it may have changed
---@field made table<string, fun(self: modem.modem): any> fields that are made when they are first asked for

local M = {
  ---Those that each back end has, as above.
  verbs = {
    "open", "opened", "close_port", "start", "resume", "started", "trace", "listen", "notified", "channel", "identity",
    "sim", "sim_state", "pin", "enter_pin", "radio", "set_radio", "registration", "network", "register",
    "packet_service", "attach", "detach", "signal", "cells", "scan", "watch_signal", "counters", "images", "slots",
    "select_slot", "home_provider", "session", "ip_configuration", "activate", "deactivate", "stored_messages",
    "send_pdu", "delete_stored", "open_card_channel", "close_card_channel", "restart_card", "card_file", "receiver",
    "ussd", "cancel_ussd", "made",
  },
}

---Raises unless a back end has all verbs.
---@param backend modem.backend
---@param file string where it is
---@return modem.backend
function M.check(backend, file)
  for _, verb in ipairs(M.verbs) do
    if not backend[verb] then
      error(("the back end %s lacks `%s`: see modules/modem/backend.lua"):format(file, verb), 2)
    end
  end
  return backend
end

---Verbs of a back end that many runs do not need: their file is loaded when one of them is first called.
---@param backend table
---@param file string the module that has them
---@param ... string their names
function M.elsewhere(backend, file, ...)
  for _, verb in ipairs { ... } do
    backend[verb] = function(...) return require(file)[verb](...) end
  end
end

return M
