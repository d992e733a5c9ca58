-- SPDX-License-Identifier: MIT
-- The connection that `up` makes: what is written down of it, and whether a later run may adopt it. down.lua ends it.
--
-- The record lasts from before the modem connects until it is disconnected: a run that is killed in between leaves a
-- session, too. The host's side has a journal: see link/journal.lua.

local errors = require "errors"
local lazy = require "base.lazy"
local state = require "state"

-- Loaded late: a modem need not have a connection.
local journals = lazy "link.journal"
local teardown = lazy "link.teardown"

local KIND = "modems"
local LINK_OPTIONS = { "dns", "dns_route", "metric", "table", "default_route", "mtu", "share", "clat" }

---What `up` has connected in a modem, as it is written down; neither the modem nor the kernel is asked.
---@class modem.connection
---@field apn string? "" is the default one; nil: the record was damaged
---@field ip "ipv4"|"ipv6"|"ipv4v6" what the network gave
---@field session integer
---@field refused table<string, moontower.error> families that were asked for and not given
---@field complete boolean false: `up` is connecting just now, or was killed while it did
---@field since integer? when it was complete, as os.time() has it
---@field carrier string? its name
---@field interface string? the network interface that `up` has set up for it; nil: none is
---@field addresses { address: string, prefix_length: integer }[] that `up` has put on it
---@field from string? where its APN comes from: as apn.candidate has it, which has `source`, too
---@field source string?
---@field is_found boolean? its APN was looked for
---@field protocol "mbim"|"qmi"|nil as it was given to `up`
---@field proxy boolean? likewise

---@class modem.connection_record the file; the password is in it, so only root may read that
---@field session integer
---@field ip "ipv4"|"ipv6"|"ipv4v6" what was asked for
---@field given string? what the network gave; nil: not known yet
---@field complete boolean

local M = {
  ---The session that `up` connects.
  SESSION = 0,
}

---The record of what `up` has connected, if that still holds as far as one can tell without asking the modem.
---@param description modem.description
---@return modem.connection_record? record nil without an error: nothing
---@return moontower.error? err that could not be found out
function M.record(description)
  local record, err = state.load(KIND, description.key)
  if err and err.code == "malformed" then -- this much holds: there may be a session
    record = { session = M.SESSION, ip = "ipv4v6", incarnation = description.incarnation, net = description.net }
    err = nil
    state.save(KIND, description.key, record)
  end
  return record and record.incarnation == description.incarnation and record or nil, err
end

-- Over QMI, the session that `up` connects may have a mux interface. The modem does not tell once it is over.
local function journal_key(modem, record)
  return modem.net and journals.key(modem.net, modem:channel(M.SESSION) or record and record.channel)
end

---Is there a link on the host for the session that `up` connects?
---@param modem modem.modem
---@return boolean
function M.is_on_host(modem)
  local key = journal_key(modem, M.record(modem.description))
  return key ~= nil and journals.load(key) ~= nil
end

local function refused_of(record)
  local refused = {}
  for family, reason in pairs(record.refused or {}) do refused[family] = errors.new(reason) end
  return refused
end

local function is_found(record) return record.searched and record.from ~= "network" or nil end

---See modem.connection().
---@param description modem.description
---@param modem modem.modem? if it is open
---@return modem.connection? connection nil without an error: none
---@return moontower.error? err
function M.of(description, modem)
  local record, err = M.record(description)
  if not record then
    return nil, err
  end
  local key = modem and journal_key(modem, record) or record.net and journals.key(record.net, record.channel)
  local journal = key and journals.load(key)
  return {
    apn = record.apn, ip = record.given or record.ip, session = record.session, refused = refused_of(record),
    complete = record.complete == true, since = record.since, carrier = record.carrier,
    interface = journal and journal.name, addresses = journal and journal.addresses or {},
    protocol = record.protocol, proxy = record.proxy, from = record.from, source = record.source,
    is_found = is_found(record),
  }
end

-- ---- written down ----

local function of_link(options)
  local values = {}
  for _, name in ipairs(LINK_OPTIONS) do values[name] = options[name] end
  return values
end

local function plain(refused)
  local values = {}
  for family, err in pairs(refused) do
    local detail = err.detail or {}
    values[family] = {
      code = err.code, message = err.message, hint = err.hint, source = err.source,
      detail = { nw_error = detail.nw_error, why = detail.why, passes = detail.passes },
    }
  end
  return values
end

---Writes down a connection: all that asks for the same again. With the bearer it is complete.
---@param modem modem.modem
---@param parameters modem.parameters
---@param carrier carrier.carrier
---@param options table
---@param bearer modem.bearer? nil: before the modem is asked for it
---@return true? ok
---@return moontower.error? err
function M.save(modem, parameters, carrier, options, bearer)
  return state.save(KIND, modem.description.key, {
    incarnation = modem.description.incarnation, net = modem.net, session = M.SESSION, carrier = carrier.name,
    apn = parameters.apn, ip = parameters.ip or "ipv4v6", user = parameters.user, password = parameters.password,
    auth = parameters.auth, mtu = parameters.mtu, aggregation = parameters.aggregation,
    roaming = carrier.roaming, probe = carrier.probe, dns_route = carrier.dns_route, searched = carrier.search,
    from = parameters.from, source = parameters.source, options = of_link(options),
    complete = bearer ~= nil, since = bearer and os.time(), given = bearer and bearer.ip,
    channel = bearer and bearer.channel,
    refused = plain(bearer and bearer.refused or {}),
    protocol = modem.options.protocol, proxy = modem.options.proxy,
  })
end

local function save_options(modem, record, options)
  local now, changed = of_link(options), false
  for _, name in ipairs(LINK_OPTIONS) do
    changed = changed or now[name] ~= (record.options or {})[name]
  end
  if changed then
    record.options = now
    state.save(KIND, modem.description.key, record)
  end
end

---A family that was refused has been given since, so there are both.
---@param modem modem.modem
function M.family_given(modem)
  local record = M.record(modem.description)
  if record then
    record.given, record.refused = "ipv4v6", nil
    state.save(KIND, modem.description.key, record)
  end
end

---Nothing of ours is in this modem any more.
---@param modem modem.modem
---@return true? ok
---@return moontower.error? err
function M.clear_record(modem)
  modem.link = nil
  return state.remove(KIND, modem.description.key)
end

-- ---- adopted ----

---Is a connection what a carrier would ask for first, or what was found for it? One family of two may be all there is
---of it, if that run was killed while it connected.
---@param record modem.connection_record
---@param carrier carrier.carrier
---@return boolean
function M.fits(record, carrier)
  local wanted = carrier.bearers[1]
  if carrier.search and record.searched then
    return record.complete and (record.ip == (wanted.ip or "ipv4v6") or wanted.ip == "ipv4v6")
  end
  return record.complete and record.apn == wanted.apn and record.ip == (wanted.ip or "ipv4v6")
    and record.user == wanted.user and record.password == wanted.password and record.auth == wanted.auth
    and (record.aggregation ~= false) == (wanted.aggregation ~= false)
end

---May the session that is there be used as it is?
---@param record modem.connection_record|{}
---@param session table as modem:session() has it
---@param carrier carrier.carrier
---@return boolean
function M.is_adoptable(record, session, carrier)
  return record.session ~= nil and session.state == "activated" and M.fits(record, carrier)
end

---The bearer of a session that an earlier run has left.
---@param modem modem.modem
---@param record modem.connection_record
---@param options table of its link, as they are wanted now
---@return modem.bearer?
---@return moontower.error? err
function M.adopt(modem, record, options)
  local bearer, err = modem:bearer {
    session = record.session, apn = record.apn, ip = record.given or record.ip, refused = refused_of(record),
    from = record.from, source = record.source, is_found = is_found(record),
  }
  if bearer then
    bearer.wanted = record
    save_options(modem, record, options)
  end
  return bearer, err
end

-- ---- its end ----

---Ends a session that is not the one that is wanted, and takes the host's side down. If that fails, link.apply() finds
---what is left, and refuses.
---@param modem modem.modem
---@param session table as modem:session() has it
function M.clear(modem, session)
  if modem.net then
    teardown.take_down_session(modem.net, M.SESSION)
  end
  if session.state == "activated" then
    modem:deactivate(M.SESSION)
  end
end

return M
