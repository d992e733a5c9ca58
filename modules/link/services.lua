-- SPDX-License-Identifier: MIT
-- What a link does for others: its prefix, shared with an interface of the host. Begun when the link is there, and
-- again when it has failed or has been taken away; the journal undoes it.

local errors = require "errors"
local forwarding = require "link.forwarding"
local journals = require "link.journal"
local log = require "log"
local share = require "link.share"

local M = {}

local function problem_of(wanted, link, err)
  return { interface = wanted, link = link, problem = err.message, hint = err.hint }
end

-- Does it, written down first. What fails half way is taken back.
local function begin(link, wanted)
  local journal = link.journal
  local record, err = share.plan(journal, wanted, link.addresses, link.bearer.ipv6.addresses[1])
  if not record then
    return nil, err
  end
  journal.share = record
  journal.forwarding = journal.forwarding or forwarding.plan(journal.key, wanted)
  local ok
  ok, err = journals.save(journal)
  if ok then
    ok, err = share.apply(journal)
  end
  if not ok then
    share.undo(journal)
  end
  return ok, err
end

local function keep_share(link)
  local journal, wanted, before = link.journal, link.options.share, link.journal.share
  if before and not share.problem(before) then
    return
  elseif before and not before.problem then
    share.undo(journal)
  end
  local ok, err = begin(link, wanted)
  if not ok then
    journal.share = problem_of(wanted, journal.key, err)
    if not before or before.problem ~= err.message then
      log.warn("%s: nothing is shared with %s: %s", link, wanted, errors.text(err))
    end
  end
  journals.save(journal)
end

---Sees to it that all is there, as far as it can be.
---@param link link.link
function M.keep(link)
  if link.options.share then
    keep_share(link)
  end
end

return M
