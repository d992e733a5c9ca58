-- SPDX-License-Identifier: MIT
-- The FCC lock: the modems of some laptops keep their radio off, at each start again, until the host unlocks it.
--
-- Whether that may be done, only the owner decides: by `moontower unlock`, by `fcc_unlock` in the configuration, or as
-- for ModemManager, by a link to one of its programs.

local errors = require "errors"
local lazy = require "base.lazy"
local maker = require "maker"
local scripts = lazy "modem.fcc_scripts"

local M = {}

local ANSWER_TIME = 10

-- The ways that makers have. The modem refuses what it does not know.
local function ways()
  local list = {}
  for theirs in maker.each "unlock" do
    table.move(theirs, 1, #theirs, #list + 1, list)
  end
  return list
end

-- ModemManager's program goes first: it is the owner's choice for this very model.
local function all_ways(modem, may_try_ours)
  local list = may_try_ours and ways() or {}
  local path, err = scripts.find(modem.description)
  if path then
    table.insert(list, 1, { path, function() return scripts.run(modem, path) end, is_program = true })
  end
  return list, err
end

---Has the owner allowed that this modem is unlocked by itself?
---@param modem modem.modem
---@param is_configured boolean?
---@return boolean
---@return moontower.error? err there is a program, which is refused
function M.is_allowed(modem, is_configured)
  local list, err = all_ways(modem, is_configured)
  return #list > 0, err
end

---Unlocks the radio of a modem that has been started, and switches it on. Only its owner may decide that.
---@param modem modem.modem
---@param may_try_ours boolean? the ways that makers have are tried, and not only ModemManager's program; true, if not
--- given
---@return { unlocked: boolean, by: string? }? result unlocked is false when there was nothing to do
---@return moontower.error? err
function M.unlock(modem, may_try_ours)
  local radio, err = modem:radio()
  if not radio then
    return nil, err
  elseif radio.software == "on" then
    return { unlocked = false }
  end
  local list, why = all_ways(modem, may_try_ours ~= false)
  for _, way in ipairs(list) do
    local ok, refused = way[2](modem, ANSWER_TIME)
    local is_gone = refused and (refused.code == "gone" or refused.code == "timeout" and not way.is_program)
    if not ok and is_gone then
      return nil, refused
    end
    why = way.is_program and refused or why
    radio, err = modem:set_radio(true)
    if radio and radio.software == "on" then
      return { unlocked = true, by = ok and way[1] or nil }
    end
  end
  return errors.fail {
    code = "radio-off", source = "modem",
    message = "the modem's radio stays off" .. (why and ("; %s"):format(why) or err and ": " .. tostring(err) or ""),
    hint = why and why.hint or "Some makers lock their modems in other ways. ModemManager's programs know more: "
      .. "`moontower help fcc` says how to allow one.",
  }
end

return M
