-- SPDX-License-Identifier: MIT
-- The access point that a modem attaches to LTE with (the initial EPS bearer), apart from that of a data connection.
--
-- By MBIM's LTE Attach Configuration, or the profile that is first in WDS's list for attaching, or AT+CGDCONT=1.
-- It is set where a carrier wishes for it (setup), and by `up` only if the network refuses the registration for it
-- (cause 19): what was there before is written down first, and comes back unless the modem is registered then.

local lazy = require "base.lazy"
local apn_search = lazy "modem.apn_search"
local at = lazy "at"
local errors = require "errors"
local extensions = lazy "mbim.ms_basic_connect_extensions"
local profiles = lazy "qmi.wds.profile"
local state = require "state"

local ANSWER_TIME = 10
local KIND = "attach"
local REFUSED = 19 -- ESM failure (3GPP TS 24.301): registered, but for the bearer

---@class modem.attach_apn
---@field apn string "": the network chooses
---@field ip "ipv4"|"ipv6"|"ipv4v6"

local M = {}

-- Each way: get and set. "unsupported" or "rejected" leads to the next one.
local ways = {}

-- ---- MBIM ----

local ips = { ipv4 = "ipv4", ipv6 = "ipv6", ipv4v6 = "ipv4v6", ["ipv4-and-ipv6"] = "ipv4v6" }

local function configurations(modem)
  local reply, err = modem.mbim:query(extensions.lte_attach_configuration)
  return reply and reply.configurations, err
end

local function get_by_mbim(modem)
  local list, err = configurations(modem)
  for _, configuration in ipairs(list or {}) do
    if configuration.roaming == "home" then
      return { apn = configuration.apn or "", ip = ips[configuration.ip_type] or "ipv4v6" }
    end
  end
  return nil, err or select(2, errors.lacks("mbim", "LTE Attach Configuration", "configuration at home"))
end

-- That at home and those for roaming alike: which one counts is the network's affair.
local function set_by_mbim(modem, wanted)
  local list, err = configurations(modem)
  if not list then
    return nil, err
  end
  for _, configuration in ipairs(list) do
    configuration.apn, configuration.ip_type, configuration.source = wanted.apn, wanted.ip, "user"
  end
  local reply
  reply, err = modem.mbim:set(extensions.lte_attach_configuration, { operation = "default", configurations = list })
  return reply and true, err
end

-- ---- QMI ----

local pdp_of_ip = { ipv4 = "ipv4", ipv6 = "ipv6", ipv4v6 = "ipv4-or-ipv6" }
local ip_of_pdp = { ["ipv4"] = "ipv4", ["ipv6"] = "ipv6", ["ipv4-or-ipv6"] = "ipv4v6" }

local function identifier(modem)
  local reply, err = modem.qmi:request(profiles.get_lte_attach_pdn_list)
  local number = reply and reply.current_list and reply.current_list[1]
  if reply and not number then
    return errors.lacks("qmi", "Get LTE Attach PDN List", "profile")
  end
  return number and { profile_type = "3gpp", profile_index = number }, err
end

local function get_by_qmi(modem)
  local profile, err = identifier(modem)
  local reply
  if profile then
    reply, err = modem.qmi:request(profiles.get_profile_settings, { profile_identifier = profile })
  end
  return reply and { apn = reply.apn_name or "", ip = ip_of_pdp[reply.pdp_type] or "ipv4" }, err
end

local function set_by_qmi(modem, wanted)
  local profile, err = identifier(modem)
  local reply
  if profile then
    reply, err = modem.qmi:request(profiles.modify_profile, {
      profile_identifier = profile, apn_name = wanted.apn, pdp_type = pdp_of_ip[wanted.ip],
    })
  end
  return reply and true, err
end

-- ---- AT ----

local type_of_ip = { ipv4 = "IP", ipv6 = "IPV6", ipv4v6 = "IPV4V6" }
local ip_of_type = { IP = "ipv4", IPV6 = "ipv6", IPV4V6 = "ipv4v6" }

local function get_by_at(modem)
  local reply, err = modem.at:command("AT+CGDCONT?", { seconds = ANSWER_TIME })
  for _, line in ipairs(reply and reply.lines or {}) do
    local number, kind, apn = table.unpack(at.prefix(line) == "+CGDCONT" and at.fields(line) or {})
    if number == "1" then
      return { apn = apn or "", ip = ip_of_type[tostring(kind):upper()] or "ipv4" }
    end
  end
  return reply and { apn = "", ip = "ipv4v6" }, err
end

local function set_by_at(modem, wanted)
  local reply, err = modem.at:command(('AT+CGDCONT=1,"%s","%s"'):format(type_of_ip[wanted.ip], wanted.apn),
    { seconds = ANSWER_TIME })
  return reply and true, err
end

ways[1] = { has = function(modem) return modem.mbim end, get = get_by_mbim, set = set_by_mbim,
  name = "MBIM LTE Attach Configuration" }
ways[2] = { has = function(modem) return modem.qmi end, get = get_by_qmi, set = set_by_qmi,
  name = "the QMI WDS profile for attaching" }
ways[3] = { has = function(modem) return modem.at end, get = get_by_at, set = set_by_at, name = "AT+CGDCONT=1" }

local function speaks(err) return err.code ~= "timeout" and err.code ~= "gone" end

-- The way that answers, and what it says.
local function find(modem)
  local first
  for _, way in ipairs(ways) do
    if way.has(modem) then
      local now, err = way.get(modem)
      if now or not speaks(err) then
        return now and way, now or err
      end
      first = first or err
    end
  end
  return nil, first or select(2, errors.fail {
    code = "unsupported", source = "modem", message = "the modem does not tell which APN it attaches with",
  })
end

---@param modem table `mbim`, `qmi` and `at`; what it lacks is nil
---@return modem.attach_apn?
---@return moontower.error? err
---@return string? name of the way
function M.get(modem)
  local way, now = find(modem)
  if not way then
    return nil, now
  end
  return now, nil, way.name
end

---It holds from the next registration on.
---@param modem table
---@param wanted modem.attach_apn
---@return true? ok
---@return moontower.error? err
function M.set(modem, wanted)
  local way, err = find(modem)
  if not way then
    return nil, err
  end
  return way.set(modem, wanted)
end

---@param a modem.attach_apn
---@param b modem.attach_apn
---@return boolean
function M.same(a, b) return a.apn:lower() == b.apn:lower() and a.ip == b.ip end

-- ---- when a registration is refused for it ----

---Does the network refuse the registration for the access point?
---@param registration modem.registration
---@return boolean
function M.is_refused(registration) return registration.state == "denied" and registration.nw_error == REFUSED end

local function register_again(modem)
  local off, err = modem:set_radio(false)
  local on
  if off then
    on, err = modem:set_radio(true)
  end
  return on and true, err
end

local function imei_of(modem)
  local imei = (modem:identity() or {}).imei
  return imei ~= "" and imei or nil
end

---What `up` has changed: `moontower apn` shows it. The file has the name of the socket, where another modem may be now.
---@param modem modem.modem
---@return { before: modem.attach_apn, wanted: modem.attach_apn, time: integer }?
function M.changed(modem)
  local record = state.persistent.load(KIND, modem.description.name)
  return record and (not record.imei or record.imei == imei_of(modem)) and record or nil
end

-- A wish that the network refuses as well: each try writes into the modem twice, and restarts its radio twice. So it is
-- left alone for a while, longer each time, as modem/apn_search.lua leaves a refused APN.
local function note_refusal(modem, wanted)
  local earlier = modem.refused_attach
  local times = earlier and M.same(earlier.wanted, wanted) and earlier.times or 0
  modem.refused_attach = { wanted = wanted, time = os.time(), times = times + 1 }
end

local function is_left_alone(modem, wanted)
  local refusal = rawget(modem, "refused_attach")
  return refusal ~= nil and M.same(refusal.wanted, wanted) and apn_search.pause(refusal) > 0
end

---What was there before comes back, if a try is not over: also one of a run that was killed.
---@param modem modem.modem
---@return boolean was there something to put right? The modem registers again then
function M.settle(modem)
  local record = M.changed(modem)
  if not record or not record.trying then
    return false
  end
  note_refusal(modem, record.wanted)
  if M.set(modem, record.before) then
    state.persistent.remove(KIND, modem.description.name)
    register_again(modem)
  end
  return true
end

---Sets what the carrier wishes for, or lets the network choose, and has the modem register again.
---@param modem modem.modem
---@param carrier carrier.carrier
---@return modem.attach_apn? wanted nil without an error: it is so already, or was refused a short time ago
---@return moontower.error? err
function M.try(modem, carrier)
  local wish = carrier.modem and carrier.modem.attach or { apn = "" }
  local wanted = { apn = wish.apn, ip = wish.ip or "ipv4v6" }
  if is_left_alone(modem, wanted) then
    return nil
  end
  local way, now = find(modem)
  if not way then
    return nil, now
  elseif M.same(now, wanted) then
    return nil
  end
  local name = modem.description.name
  local earlier = M.changed(modem)
  local ok, err = state.persistent.save(KIND, name, {
    trying = true, before = earlier and earlier.before or now, wanted = wanted, time = os.time(), imei = imei_of(modem),
  })
  if ok then
    ok, err = way.set(modem, wanted)
  end
  if ok then
    ok, err = register_again(modem)
  end
  return ok and wanted, err
end

---The modem is registered with it: it stays, and what was there before is kept for put_back().
---@param modem modem.modem
function M.keep(modem)
  local name = modem.description.name
  local record = M.changed(modem)
  if record and record.trying then
    record.trying = nil
    state.persistent.save(KIND, name, record)
  end
end

---Puts back what was there before `up` changed it.
---@param modem modem.modem
---@return modem.attach_apn? before nil without an error: it has changed nothing
---@return moontower.error? err
function M.put_back(modem)
  local record = M.changed(modem)
  if not record then
    return nil
  end
  local ok, err = M.set(modem, record.before)
  if ok then
    ok, err = state.persistent.remove(KIND, modem.description.name)
  end
  return ok and record.before, err
end

return M
