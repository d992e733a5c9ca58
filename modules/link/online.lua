-- SPDX-License-Identifier: MIT
-- Does a link that has just come up work? One host is asked, and the DNS servers, while the modem may go or the network
-- may end the connection.

local errors = require "errors"
local net = require "net"
local task = require "task"
local trace = require "trace"

local M = {}

-- Several tries: the first packet through a new bearer often gets lost.
local TRIES = 3

local function ended(session)
  local nw_error = session.nw_error
  local found = nw_error and require("cause").verdict(nw_error, "session")
  return errors.new {
    code = "disconnected", source = "link", detail = { nw_error = nw_error }, hint = found and found.hint,
    message = "the connection ended while it was tried out"
      .. (found and (": %s (cause %d)"):format(found.words, nw_error) or ""),
  }
end

-- Waits until the connection is over.
local function watch(bearer, events)
  while true do
    local event, err = events:next()
    if not event then
      return err
    end
    local session = event.value
    if session.session == bearer.session and session.state ~= "activated" and session.state ~= "activating" then
      bearer.ended = true
      return ended(session)
    end
  end
end

local function ask_host(link, spec)
  local seconds, err
  for _ = 1, TRIES do
    seconds, err = net.probe(spec, { link = link.name })
    trace.note("probed", { probe = spec, link = link.name, seconds = seconds, error = err and err.code })
    if seconds or err.code == "gone" then
      break
    end
  end
  return seconds, err
end

-- Has the session lost the family of addresses that was probed, while the link has an address of it?
local function has_lost_family(link, session, spec)
  local family = net.parse_probe(spec).family
  for _, address in ipairs(link.addresses) do
    local is_of_family = (address.address:find ":" ~= nil) == (family == "ipv6")
    if is_of_family then
      return session.ip == (family == "ipv4" and "ipv6" or "ipv4")
    end
  end
  return false
end

-- Where nothing answers, the modem may have ended the connection, or a part of it, without an indication: one that has
-- forgotten our client sends it none.
local function ended_quietly(link, spec)
  local session = link.bearer.modem:session(link.bearer.session)
  local is_over = session and (session.state == "deactivated" or has_lost_family(link, session, spec))
  return is_over and ended(session) or nil
end

-- Is there one that answers? nil where there is none to ask.
local function ask_servers(link)
  local specs = {}
  for i, server in ipairs(link.dns) do
    specs[i] = "dns:" .. (server:find ":" and ("[%s]"):format(server) or server)
  end
  if #specs == 0 then
    return nil
  end
  for _ = 1, TRIES do
    if net.quorum(specs, { link = link.name }) then
      return true
    end
  end
  return false
end

---@class link.trial
---@field seconds number? until the host answered; nil: it did not
---@field unasked moontower.error? why this host could not ask it
---@field dns boolean? does any of the DNS servers answer? nil: there is none, or the host did not answer either

---@param link link.link
---@param spec string as net.probe takes it
---@param options { dns: boolean }
---@return link.trial?
---@return moontower.error? err "gone", "disconnected"
function M.try(link, spec, options)
  local bearer = link.bearer
  local events <close> = bearer.modem:events("session") -- from before the trial: nothing may slip through
  local outcome = task.queue(2)
  local group <close> = task.group()
  group:spawn(function() outcome:push { err = watch(bearer, events) } end)
  group:spawn(function()
    local servers = options.dns and group:spawn(ask_servers, link)
    local seconds, err = ask_host(link, spec)
    local unasked = err and net.is_unasked(err) and err or nil
    if err then
      err = err.code == "gone" and err or ended_quietly(link, spec)
    end
    if err then
      outcome:push { err = err }
      return
    end
    local dns
    if seconds and servers then
      dns = select(2, servers:join())
    end
    outcome:push { trial = { seconds = seconds, unasked = unasked, dns = dns } }
  end)
  local first = outcome:pop()
  if first.trial and not first.trial.unasked then
    link.on_probed(first.trial.seconds ~= nil)
  end
  return first.trial, first.err
end

return M
