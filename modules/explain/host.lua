-- SPDX-License-Identifier: MIT
-- This computer's files, as the links of the chain read them: all that a link sees of the host passes here.

local errors = require "errors"
local fs = require "core.fs"
local process = require "core.process"

---@class explain.host
local Host = {}
Host.__index = Host

local M = {}

local PATIENCE = 1 -- seconds; the kernel holds some files back while a driver sets itself up

---@return explain.host
function M.new() return setmetatable({}, Host) end

local function trimmed(text) return text and (text:gsub("[%s%z]+$", "")) end

---@param path string
---@return string? text without what ends its last line; nil: it is not there
---@return moontower.error? err it could not be read
function Host:read(path)
  local text, err = errors.there(fs.read(path))
  return trimmed(text or nil), err
end

---A file that the kernel may hold back: read by a program that can be ended.
---@param path string
---@return string?
function Host:read_patiently(path)
  local result = fs.stat(path) and process.run { "cat", path, timeout = PATIENCE }
  return result and result.status == 0 and trimmed(result.stdout) or nil
end

---@param path string
---@return string[] names empty where it is not there
function Host:list(path) return (fs.list(path)) or {} end

---@param path string
---@return table? stat as core.fs has it
function Host:stat(path) return (fs.stat(path)) end

---@param path string of a link
---@return string? name the last part of where it leads
function Host:link(path) return (fs.readlink(path) or ""):match "[^/]+$" end

return M
