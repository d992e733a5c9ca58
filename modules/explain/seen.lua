-- SPDX-License-Identifier: MIT
-- What a link of the chain has seen, in its order, and the verdict that it comes to.

local errors = require "errors"
local verdict = require "cause.verdict"

---@alias explain.word "ok"|"broken"|"unknown"|"not reached"

---@class explain.evidence
---@field what string a file, a command, a question to the modem
---@field value string what was there

---@class explain.verdict
---@field word explain.word
---@field message string what is so, for people
---@field err moontower.error? of "broken": its code says how the command ends, its hint what to do
---@field advice string? of "ok": what to do to have it otherwise

---@class explain.seen
---@field host explain.host
---@field evidence explain.evidence[]
local Seen = {}
Seen.__index = Seen

local M = {}

---@param host explain.host
---@return explain.seen
function M.new(host) return setmetatable({ host = host, evidence = {} }, Seen) end

---Evidence that is no file's content.
---@param what string
---@param value any nil: it is not there
function Seen:note(what, value)
  value = value == nil and "not there" or tostring(value)
  table.insert(self.evidence, { what = what, value = value ~= "" and value or "empty" })
end

---Reads a file, which is evidence then, also that it is not there.
---@param path string
---@return string?
function Seen:read(path)
  local text, err = self.host:read(path)
  self:note(path, err and tostring(err) or text)
  return text
end

---Reads a file that may be absent without a meaning: evidence only if it is there.
---@param path string
---@return string?
function Seen:read_any(path)
  local text = self.host:read(path)
  if text then
    self:note(path, text)
  end
  return text
end

---@param path string of a link; where it leads is evidence
---@return string? name
function Seen:link(path)
  local name = self.host:link(path)
  self:note(path, name)
  return name
end

---@param format string
---@return explain.verdict
function Seen:ok(format, ...) return { word = "ok", message = format:format(...) } end

---It holds, and may be wanted otherwise.
---@param advice string what to do then
---@param format string
---@return explain.verdict
function Seen:ok_but(advice, format, ...)
  return { word = "ok", message = format:format(...), advice = advice }
end

---It cannot be looked at, nor what needs it.
---@param format string
---@return explain.verdict
function Seen:not_reached(format, ...) return { word = "not reached", message = format:format(...) } end

---It could not be found out, or there is nothing to find out.
---@param format string
---@return explain.verdict
function Seen:unknown(format, ...) return { word = "unknown", message = format:format(...) } end

---@param err { code: string, message: string, hint: string? } an error, or its fields; those of other modules may lack
--- a hint
---@return explain.verdict
function Seen:broken(err)
  local found = errors.new {
    code = err.code, message = err.message, hint = err.hint or verdict.new("modem", "").hint, source = "explain",
  }
  return { word = "broken", message = found.message, err = found }
end

return M
