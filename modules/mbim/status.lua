-- SPDX-License-Identifier: MIT
-- What the numbers in MBIM's failures mean: a code for scripts and a sentence for people. Loaded when one fails.

local statuses = {
  [0] = { "ok", "it worked" },
  { "busy", "the modem is busy; try again in a moment" },
  { "failure", "the modem failed and does not say why" },
  { "sim-not-inserted", "there is no SIM in the modem" },
  { "bad-sim", "the SIM can't be used: it is broken or refused" },
  { "pin-required", "the SIM wants its PIN first" },
  { "pin-disabled", "the SIM's PIN is switched off, so it can't be used or changed" },
  { "not-registered", "the modem is not registered with a network" },
  { "providers-not-found", "the modem found no network, or has no list of them" },
  { "no-device-support", "this modem does not know the command" },
  { "provider-not-visible", "the wanted network is out of reach here" },
  { "data-class-not-available", "the wanted radio technology is not available here" },
  { "packet-service-detached", "the modem is not attached to the network's packet service" },
  { "max-activated-contexts", "no more connections: the modem has as many as it can" },
  { "not-initialized", "the modem or its SIM is still starting; try again in a moment" },
  { "voice-call-in-progress", "not during a voice call" },
  { "context-not-activated", "that session is not connected" },
  { "service-not-activated", "the subscription has not been activated by its operator" },
  { "invalid-access-string", "the APN is wrong" },
  { "invalid-user-name-or-password", "the user name or password for the APN is wrong" },
  { "radio-power-off", "the radio is off" },
  { "invalid-parameters", "the modem did not like the values it was given" },
  { "read-failure", "reading the SIM or the modem's memory failed" },
  { "write-failure", "writing the SIM or the modem's memory failed" },
  [25] = { "no-phonebook", "there is no phone book" },
  [26] = { "parameter-too-long", "a value is longer than the modem takes" },
  [27] = { "stk-busy", "the SIM toolkit is busy" },
  [28] = { "operation-not-allowed", "the modem does not allow that now" },
  [29] = { "memory-failure", "the modem's memory failed" },
  [30] = { "invalid-memory-index", "there is no such place in the modem's memory" },
  [31] = { "memory-full", "the modem's memory is full" },
  [32] = { "filter-not-supported", "the modem does not support that filter" },
  [33] = { "dss-instance-limit", "no more device service streams: the modem has as many as it can" },
  [34] = { "invalid-device-service-operation", "that service can't do this" },
  [35] = { "auth-incorrect-autn", "the SIM says the network's challenge is not genuine" },
  [36] = { "auth-sync-failure", "the SIM and the network's challenge are out of step" },
  [37] = { "auth-amf-not-set", "the network's challenge is not meant for this kind of authentication" },
  [38] = { "context-not-supported", "the modem does not support that kind of connection" },
  [100] = { "sms-unknown-smsc-address", "the address of the SMS centre is unknown" },
  [101] = { "sms-network-timeout", "the network did not answer the SMS in time" },
  [102] = { "sms-language-not-supported", "the modem can't send an SMS in that language" },
  [103] = { "sms-encoding-not-supported", "the modem can't send an SMS in that encoding" },
  [104] = { "sms-format-not-supported", "the modem can't send an SMS in that format" },
  [0x87430001] = { "no-logical-channels", "the SIM has no free logical channel" },
  [0x87430002] = { "select-failed", "the SIM has no such application" },
  [0x87430003] = { "invalid-logical-channel", "that logical channel is not open" },
}

local protocol_errors = {
  { "timeout-fragment", "a part of a message came too late" },
  { "fragment-out-of-sequence", "the parts of a message came in the wrong order" },
  { "length-mismatch", "a message is not as long as it says" },
  { "duplicated-tid", "a transaction number was used twice" },
  { "not-opened", "the modem says it has not been opened" },
  { "unknown", "the modem met an error it can't name" },
  { "cancel", "the command was cancelled" },
  { "max-transfer", "a message is larger than agreed" },
}

local function lookup(list, number, what)
  local entry = list[number]
  if entry then
    return entry[1], entry[2]
  end
  return ("%s-%d"):format(what:gsub(" ", "-"), number), ("the modem answered with %s %d"):format(what, number)
end

local status = {}

---@param number integer the status of an answer
---@return string code
---@return string sentence
function status.status(number) return lookup(statuses, number, "status") end

---@param number integer from HOST_ERROR or FUNCTION_ERROR
---@return string code
---@return string sentence
function status.protocol_error(number) return lookup(protocol_errors, number, "protocol error") end

return status
