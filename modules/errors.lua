-- SPDX-License-Identifier: MIT
-- Error objects: what an expected failure returns after nil, and the list of all their codes.

local try = require("core.task").try
local wrap = require("core.error").wrap

---@class moontower.error
---@field code string one of the codes below: scripts decide by it
---@field message string what happened and why, for people
---@field hint string? what to do about it
---@field source string? the part that noticed: "mbim", "netlink", "carrier" ...
---@field detail table? what the protocol or the kernel said: { status=, nw_error=, errno= ... }
---@field traceback string? where, for mistakes in scripts

local M = {}

M.codes = {
  -- anything
  ["timeout"]      = "no answer, or no result, in time",
  ["interrupted"]  = "stopped by a signal, such as Ctrl-C",
  ["cancelled"]    = "given up because something around it ended",
  ["permission"]   = "the system does not let us",
  ["not-found"]    = "no such file, device or name",
  ["exists"]       = "it is there already",
  ["busy"]         = "another program is using it",
  ["invalid"]      = "an invalid value",
  ["malformed"]    = "bytes that no peer should send",
  ["unreachable"]  = "the network has no way there",
  ["unsupported"]  = "this modem or system cannot do that",
  ["io"]           = "the system failed",
  ["usage"]        = "a command line that makes no sense",
  ["raised"]       = "a mistake in a script",
  -- modems
  ["no-modem"]     = "no modem that fits",
  ["several-modems"] = "more than one modem fits, and none was named",
  ["wrong-mode"]   = "the modem shows neither MBIM, QMI nor a network card, or no driver has taken that",
  ["gone"]         = "the modem, or another device, is not there any more",
  ["rejected"]     = "the modem refused a command",
  ["not-open"]     = "the modem wants its control channel opened first",
  ["modem-mute"]   = "the modem is there but answers nothing",
  ["modem-failed"] = "the modem is there but does not work",
  ["undone"]       = "a change to a modem did not work, and was undone",
  ["modem-locked"] = "the modem takes the SIMs of one operator, or of one device, only",
  -- SIMs
  ["sim-missing"]  = "no SIM in the modem",
  ["sim-locked"]   = "the SIM asks for its PIN",
  ["sim-blocked"]  = "the SIM asks for its PUK",
  ["sim-failure"]  = "the SIM does not work, or is not activated",
  -- networks
  ["radio-off"]           = "the radio is switched off",
  ["not-registered"]      = "no network yet",
  ["registration-denied"] = "the network does not want this SIM",
  ["roaming-refused"]     = "only a foreign network is there, and roaming is not allowed",
  ["attach-failed"]       = "registered, but without packet service",
  ["connect-refused"]     = "the network refuses the connection",
  ["disconnected"]        = "the network, or the modem, ended the connection",
  ["no-address"]          = "connected, but the network gave no address",
  -- carriers
  ["carrier-unknown"] = "no such carrier file",
  ["carrier-invalid"] = "a carrier file with a mistake in it",
}

---Makes an error object.
---@param fields moontower.error code and message at least
---@return moontower.error
function M.new(fields)
  assert(M.codes[fields.code], "unlisted error code")
  return wrap(fields)
end

---`return error.fail { code = ..., message = ... }` is the usual way out of a function that failed.
---@param fields moontower.error
---@return nil
---@return moontower.error
function M.fail(fields)
  return nil, M.new(fields)
end

---An answer in which the one thing is missing that the caller cannot do without.
---@param source string
---@param doing string what was asked
---@param missing string
---@return nil
---@return moontower.error
function M.lacks(source, doing, missing)
  return M.fail {
    code = "malformed", source = source, message = ("%s: the modem's answer lacks the %s"):format(doing, missing),
    hint = "That is its firmware's fault; a newer one may do better.",
  }
end

---Puts what was being done before an error's message, and keeps all the rest.
---@param err moontower.error
---@param doing string such as "connect to r.ispsn"
---@return nil
---@return moontower.error
function M.during(err, doing)
  local copy = {}
  for key, value in pairs(err) do
    copy[key] = value
  end
  copy.message = doing .. ": " .. tostring(err)
  return nil, wrap(copy)
end

-- What check() raises: protect() alone knows it, so that errors, time-outs and cancelling pass through as they are.
local Failure = { __tostring = function(failure) return tostring(failure[1]) end }

---Within protect(): returns its arguments, unless there is no value; then the protected function returns nil and the
---error. Variables marked <close> are closed as after an error.
---@param value any
---@param err moontower.error?
---@return any ...
function M.check(value, err, ...)
  if not value then
    error(setmetatable({ err }, Failure), 0)
  end
  return value, err, ...
end

local function results(ok, value, ...)
  if ok then
    return value, ...
  elseif getmetatable(value) == Failure then
    return nil, value[1]
  end
  error(value, 0)
end

---A function of several steps, each of which may fail: `local image = check(read(path))`.
---@param fn function it may call check()
---@return function
function M.protect(fn)
  return function(...) return results(try(fn, ...)) end
end

---Tells what is not there from what could not be asked: only the first may be taken for gone.
---@param value any of a function that returns nil and an error
---@param err moontower.error?
---@return any value false: it is not there; nil: that could not be found out
---@return moontower.error? err of the latter
function M.there(value, err)
  if not value and err and (err.code == "gone" or err.code == "not-found") then
    return false
  end
  return value, err
end

---What an error says, whatever it is that a script has raised.
---@param err any
---@return string
function M.text(err)
  if type(err) == "table" and not getmetatable(err) then
    return type(err.message) == "string" and err.message or "it raised a table without a `message`"
  end
  local ok, text = pcall(tostring, err)
  return ok and text or "it raised an error that cannot be turned into text"
end

local LONGEST = 8000 -- bytes of a text; it goes into logs
local own = getmetatable(M.new { code = "raised", message = "" })

local function is_plain(err)
  if type(err) ~= "table" or getmetatable(err) ~= own then
    return false
  end
  for _, key in ipairs { "code", "message", "hint", "source", "traceback" } do
    local value = rawget(err, key)
    if value ~= nil and (type(value) ~= "string" or #value > LONGEST) then
      return false
    end
  end
  return true
end

local function text_of(err, key)
  local value = type(err) == "table" and rawget(err, key)
  return type(value) == "string" and value:sub(1, LONGEST) or nil
end

---What a script has raised, as an error in which nothing of the script runs any more: no __tostring, when others ask
---what happened. To be called within the script's own limits; an error of ours is returned as it is.
---@param err any
---@return moontower.error
function M.plain(err)
  if is_plain(err) then
    return err
  end
  local ok, text
  if type(err) == "table" and getmetatable(err) then
    ok, text = pcall(tostring, err)
    if not ok and is_plain(text) and text.source == "limit" then
      return text
    end
  end
  return M.new {
    code = text_of(err, "code") or "raised", source = text_of(err, "source"), hint = text_of(err, "hint"),
    message = (ok and text or M.text(err)):sub(1, LONGEST), traceback = text_of(err, "traceback"),
  }
end

return M
