-- SPDX-License-Identifier: MIT
-- What a link has beside its own addresses: its prefix shared with an interface of the host, IPv4 by translation. Begun
-- when the link is there, and again when it has failed or has been taken away; the journal undoes it.

local lazy = require "base.lazy"
local clat = lazy "link.clat"
local errors = require "errors"
local forwarding = require "link.forwarding"
local journals = require "link.journal"
local log = require "log"
local nat64 = lazy "link.clat.nat64"
local plan = require "link.plan"
local share = lazy "link.share"

local M = {}

-- What cannot be undone now stays written down.
local function undo(journal, name, service)
  local ok, err = true, nil
  if journal[name] and not journal[name].problem then
    ok, err = service.undo(journal)
  end
  if ok then journal[name] = nil end
  return ok, err
end

-- Writes down what will be done, and does it; what fails half way is taken back.
local function carry_out(journal, name, service, record, lan, ...)
  journal[name] = record
  journal.forwarding = journal.forwarding or forwarding.plan(journal.key, lan)
  local ok, err = journals.save(journal)
  if ok then
    ok, err = service.apply(journal, ...)
  end
  if not ok then
    undo(journal, name, service)
  end
  return ok, err
end

local function is_there(journal, name, service) return journal[name] ~= nil and not service.problem(journal[name]) end

-- Another link's process may just be starting the program again that announces both prefixes.
local begin = journals.alone(function(journal, name, service, make, lan, ...)
  if is_there(journal, name, service) then
    return true
  end
  local record
  local ok, err = undo(journal, name, service)
  if ok then
    record, err = make()
  end
  if not record then
    return nil, err
  end
  return carry_out(journal, name, service, record, lan, ...)
end)

-- The reason is told once. What was not undone, or not touched while another process was at work, stays written down.
local function failed(link, name, before, problem, words)
  link.journal[name] = link.journal[name] or problem
  if not before or before.problem ~= problem.problem then
    log.warn("%s: %s: %s", link, words, problem.problem)
  end
end

local function keep_share(link)
  local journal, wanted = link.journal, link.options.share
  local before = journal.share
  local ok, err = begin(journal, "share", share, function()
    return share.plan(journal, wanted, link.addresses, link.bearer.ipv6.addresses[1])
  end, wanted)
  if not ok then
    failed(link, "share", before, {
      interface = wanted, link = journal.key, problem = errors.text(err), hint = err.hint,
    }, "nothing is shared with " .. wanted)
  end
  journals.save(journal)
end

-- A network without NAT64 has no IPv4 at all, which is no failure.
local function keep_clat(link)
  local journal = link.journal
  local before = journal.clat
  if is_there(journal, "clat", clat) then
    return
  end
  local ok
  local found, err = before and before.prefix and { prefix = before.prefix, length = before.length }, nil
  if not found then
    found, err = nat64.find(link.name, link.dns)
  end
  if found then
    local function make() return clat.plan(link, found, plan.METRIC.ipv4) end
    ok, err = begin(journal, "clat", clat, make, nil, link.mtu)
  else
    undo(journal, "clat", clat)
  end
  if err and not ok then
    failed(link, "clat", before, {
      link = link.name, prefix = found and found.prefix or nil, length = found and found.length or nil,
      problem = errors.text(err), hint = err.hint,
    }, "no IPv4")
  end
  journals.save(journal)
end

local function has_failed(record) return record ~= nil and record.problem ~= nil end

---Is there one that could not be begun, or not again?
---@param journal link.journal
---@return boolean
function M.have_failed(journal) return has_failed(journal.share) or has_failed(journal.clat) end

local function is_broken(record, service, interface, name)
  return record ~= nil and not record.problem and (not name or name == interface) and service.problem(record) ~= nil
end

---Has an event at an interface taken one away? Those that have failed before are tried again after a pause only.
---@param journal link.journal
---@param name string? of the interface; nil: any
---@return boolean
function M.are_broken(journal, name)
  return is_broken(journal.share, share, (journal.share or {}).interface, name)
    or is_broken(journal.clat, clat, (journal.clat or {}).device, name)
end

---Sees to it that all are there, as far as they can be.
---@param link link.link
function M.keep(link)
  if link.options.share then
    keep_share(link)
  end
  if clat.is_for(link) then
    keep_clat(link)
  elseif link.journal.clat then
    undo(link.journal, "clat", clat)
    journals.save(link.journal)
  end
end

return M
