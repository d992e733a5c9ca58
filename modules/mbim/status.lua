-- SPDX-License-Identifier: MIT
-- The meaning of MBIM's failures: a code for scripts, the kind of refusal, a sentence. Loaded when a command fails.

local statuses = {
  [0] = { "ok", "fine", "it worked" },
  { "busy", "busy", "the modem is busy; try again in a moment" },
  { "failure", "modem", "the modem failed and does not say why" },
  { "sim-not-inserted", "no-card", "there is no SIM in the modem" },
  { "bad-sim", "card", "the SIM can't be used: it is broken or refused" },
  { "pin-required", "pin", "the SIM asks for its PIN first" },
  { "pin-disabled", "card-refuses", "the SIM's PIN is switched off, so it can't be used or changed" },
  { "not-registered", "no-service", "the modem is not registered with a network" },
  { "providers-not-found", "no-service", "the modem found no network, or has no list of them" },
  { "no-device-support", "unsupported", "this modem does not know the command" },
  { "provider-not-visible", "place", "the wanted network is out of reach here" },
  { "data-class-not-available", "settings", "the wanted radio technology is not available here" },
  { "packet-service-detached", "detached", "the modem is not attached to the network's packet service" },
  { "max-activated-contexts", "full", "no more connections: the modem has as many as it can" },
  { "not-initialized", "starting", "the modem or its SIM is still starting; try again in a moment" },
  { "voice-call-in-progress", "state", "not during a voice call" },
  { "context-not-activated", "state", "that session is not connected" },
  { "service-not-activated", "account", "the subscription has not been activated by its operator" },
  { "invalid-access-string", "apn", "the APN is wrong" },
  { "invalid-user-name-or-password", "credentials", "the user name or password for the APN is wrong" },
  { "radio-power-off", "radio-off", "the radio is off" },
  { "invalid-parameters", "value", "the modem did not like the values it was given" },
  { "read-failure", "modem", "reading the SIM or the modem's memory failed" },
  { "write-failure", "modem", "writing the SIM or the modem's memory failed" },
  [25] = { "no-phonebook", "unsupported", "there is no phone book" },
  [26] = { "parameter-too-long", "value", "a value is longer than the modem takes" },
  [27] = { "stk-busy", "busy", "the SIM toolkit is busy" },
  [28] = { "operation-not-allowed", "state", "the modem does not allow that now" },
  [29] = { "memory-failure", "modem", "the modem's memory failed" },
  [30] = { "invalid-memory-index", "value", "there is no such place in the modem's memory" },
  [31] = { "memory-full", "no-room", "the memory for messages is full" },
  [32] = { "filter-not-supported", "unsupported", "the modem does not support that filter" },
  [33] = { "dss-instance-limit", "full", "no more device service streams: the modem has as many as it can" },
  [34] = { "invalid-device-service-operation", "message", "that service can't do this" },
  [35] = { "auth-incorrect-autn", "card-refuses", "the SIM says the network's challenge is not genuine" },
  [36] = { "auth-sync-failure", "card-refuses", "the SIM and the network's challenge are out of step" },
  [37] = { "auth-amf-not-set", "card-refuses", "the network's challenge is not meant for this kind of authentication" },
  [38] = { "context-not-supported", "unsupported", "the modem does not support that kind of connection" },
  [100] = { "sms-unknown-smsc-address", "no-centre", "the number of the message centre is missing" },
  [101] = { "sms-network-timeout", "later", "the network did not answer the SMS in time" },
  [102] = { "sms-language-not-supported", "unsupported", "the modem can't send an SMS in that language" },
  [103] = { "sms-encoding-not-supported", "unsupported", "the modem can't send an SMS in that encoding" },
  [104] = { "sms-format-not-supported", "unsupported", "the modem can't send an SMS in that format" },
  [0x87430001] = { "no-logical-channels", "card-refuses", "the SIM has no free logical channel" },
  [0x87430002] = { "select-failed", "card-refuses", "the SIM has no such application" },
  [0x87430003] = { "invalid-logical-channel", "card-refuses", "that logical channel is not open" },
}

local protocol_errors = {
  { "timeout-fragment", "modem", "a part of a message came too late" },
  { "fragment-out-of-sequence", "message", "the parts of a message came in the wrong order" },
  { "length-mismatch", "message", "a message is not as long as it says" },
  { "duplicated-tid", "message", "a transaction number was used twice" },
  { "not-opened", "modem", "the modem says it has not been opened" },
  { "unknown", "modem", "the modem met an error it can't name" },
  { "cancel", "modem", "the command was cancelled" },
  { "max-transfer", "message", "a message is larger than agreed" },
}

-- A number that is in no list is not made out to be another one.
local function lookup(list, number, what)
  local entry = list[number]
  if entry then
    return entry[1], entry[3], entry[2]
  end
  return ("%s-%d"):format(what:gsub(" ", "-"), number), ("the modem answered with %s %d"):format(what, number), "modem"
end

local status = {}

---@param number integer the status of an answer
---@return string code
---@return string sentence
---@return string kind as verdict.new takes it
function status.status(number) return lookup(statuses, number, "status") end

---@param number integer from HOST_ERROR or FUNCTION_ERROR
---@return string code
---@return string sentence
---@return string kind
function status.protocol_error(number) return lookup(protocol_errors, number, "protocol error") end

return status
