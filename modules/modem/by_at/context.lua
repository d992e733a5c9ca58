-- SPDX-License-Identifier: MIT
-- The definition of the context that is connected (AT+CGDCONT): a modem keeps it without power, and attaches to LTE
-- with it. So it is changed only where it is another one; what was there before is written down first, and comes back
-- when the connection ends, in this run or a later one.

local errors = require "errors"
local state = require "state"
local text = require "at.text"
local ways = require "modem.by_at.ways"

local ANSWER_TIME = 10
local KIND = "contexts"

local ips = { IP = "ipv4", IPV6 = "ipv6", IPV4V6 = "ipv4v6" }

local M = {}

---@class modem.by_at.definition
---@field apn string
---@field ip "ipv4"|"ipv6"|"ipv4v6"

---@param modem modem.by_at
---@param cid integer
---@return modem.by_at.definition? nil without an error: the context is not defined
---@return moontower.error? err
function M.read(modem, cid)
  local reply, err = modem.at:command("AT+CGDCONT?", { seconds = ANSWER_TIME })
  for _, line in ipairs(reply and reply.lines or {}) do
    local fields = text.prefix(line) == "+CGDCONT" and text.fields(line) or {}
    if tonumber(fields[1]) == cid then
      return { apn = tostring(fields[3] or ""), ip = ips[tostring(fields[2]):upper()] or "ipv4" }
    end
  end
  return nil, err
end

local function same(a, b)
  return a ~= nil and b ~= nil and a.apn:lower() == b.apn:lower() and a.ip == b.ip
end

local function write(modem, way, wanted)
  local command = wanted and ways.fill(ways.defines(way), ways.values(way, wanted))
    or ("AT+CGDCONT=%d"):format(ways.context(way))
  local reply, err = modem.at:command(command, { seconds = ANSWER_TIME })
  return reply and true, err
end

local function log_in(modem, way, wanted)
  local login = ways.login(way)
  if not login then
    return true
  end
  local reply, err = modem.at:command(ways.fill(login, ways.values(way, wanted)),
    { seconds = ANSWER_TIME, secret = true })
  return reply and true, err
end

-- nil without an error: it does not tell.
local function imei_of(modem)
  local identity, err = modem:identity()
  return identity and identity.imei, err
end

-- The file has the name of the socket, where another modem may be now.
local function record_of(modem)
  local record = state.persistent.load(KIND, modem.description.name)
  local imei, err
  if record and record.imei then
    imei, err = imei_of(modem)
  end
  return record and not err and (not record.imei or record.imei == imei) and record or nil, err
end

-- Written down before it is changed.
local function save(modem, now, wanted, cid)
  local earlier, err = record_of(modem)
  local imei = earlier and earlier.imei
  if not err and not imei then
    imei, err = imei_of(modem)
  end
  if err then
    return nil, err
  end
  return state.persistent.save(KIND, modem.description.name, {
    before = (earlier or { before = now }).before, wanted = { apn = wanted.apn, ip = wanted.ip }, context = cid,
    login = wanted.user ~= nil or earlier and earlier.login or nil, imei = imei,
  })
end

---Defines the context as it is wanted. An empty APN lets the modem's own definition stand.
---@param modem modem.by_at
---@param way maker.data_way
---@param parameters modem.parameters
---@return { is_changed: boolean }? done is it another APN or type than before?
---@return moontower.error? err detail.is_definition: the modem refuses that APN or type
function M.define(modem, way, parameters)
  local cid = ways.context(way)
  local now, err = M.read(modem, cid)
  if err then
    return nil, err
  end
  local wanted = {
    apn = parameters.apn == "" and now and now.apn or parameters.apn, ip = parameters.ip or "ipv4v6",
    user = parameters.user, password = parameters.password, auth = parameters.auth,
  }
  local is_changed, ok = not same(now, wanted), true
  if is_changed or wanted.user then
    ok, err = save(modem, now, wanted, cid)
  end
  if ok and is_changed then
    ok, err = write(modem, way, wanted)
    if not ok and err.detail then
      err.detail.is_definition = true
    end
  end
  if ok and wanted.user then
    ok, err = log_in(modem, way, wanted)
  end
  return ok and { is_changed = is_changed } or nil, err
end

---Puts back what was there before, unless another program has changed it since.
---@param modem modem.by_at
---@param way maker.data_way
---@return true? ok
---@return moontower.error? err
function M.put_back(modem, way)
  local record, err = record_of(modem)
  if not record then
    return not err or nil, err
  end
  local now
  now, err = M.read(modem, record.context)
  local ok = err == nil
  if ok and record.login then
    ok, err = log_in(modem, way, record.before or record.wanted) -- without a user
  end
  if ok and same(now, record.wanted) and not same(record.before, record.wanted) then
    ok, err = write(modem, way, record.before)
  end
  if ok or err.code == "rejected" or err.code == "unsupported" then
    ok, err = state.persistent.remove(KIND, modem.description.name)
  end
  if not ok then
    return errors.during(err, "put the modem's context back")
  end
  return true
end

return M
