-- SPDX-License-Identifier: MIT
-- What firmware is on a modem, and what would update it. The update itself is another program's.

local errors = require "errors"
local fs = require "core.fs"
local maker = require "maker"
local task = require "task"

local M = {}

---@class modem.firmware
---@field revision string "unknown" if the modem does not tell
---@field hardware string?
---@field id string? MBIM's Firmware ID, a UUID
---@field images modem.image[]
---@field problem string? why no images are known
---@field boot string[]? ids of the device that it may be while it waits for firmware: { "1199:9070" }
---@field programs { name: string, path: string? }[] that update such modems; path: where it is installed

---@param name string
---@return string? path
local function installed(name)
  for folder in ((os.getenv "PATH" or "") .. ":/usr/libexec"):gmatch "[^:]+" do
    local path = folder .. "/" .. name
    local info = fs.stat(path)
    if info and info.type == "file" then
      return path
    end
  end
end

---The ids of the device that a modem may be while it waits for firmware, and the programs for that.
---@param description modem.description
---@return string[]? boot
---@return { name: string, path: string? }[] programs
function M.of_maker(description)
  local made = maker.of(description)
  local known = made and made:load "firmware" or {}
  local programs = {}
  for i, name in ipairs(known.programs or {}) do programs[i] = { name = name, path = installed(name) } end
  local ids = ("%s:%s"):format(description.vendor, description.product)
  local others = known.boot and known.boot[1] == description.vendor and known.boot[2] or nil
  return (known.boots or {})[ids] or others, programs
end

---@param modem modem.modem
---@return modem.firmware?
---@return moontower.error? err
function M.look(modem)
  local problem
  local answers, err = task.all(
    function() return modem:identity() end,
    function()
      local images, why = modem:images()
      problem = why
      if why and why.code == "gone" then
        return nil, why
      end
      return images or {}
    end,
    function()
      local id, why
      if modem.firmware_id then
        id, why = modem:firmware_id()
      end
      if why and why.code == "gone" then
        return nil, why
      end
      return id or {}
    end)
  if not answers then
    return nil, err
  end
  local boot, programs = M.of_maker(modem.description)
  return {
    revision = answers[1].firmware or "unknown", hardware = answers[1].hardware, images = answers[2],
    id = type(answers[3]) == "string" and answers[3] or nil, problem = problem and errors.text(problem),
    boot = boot, programs = programs,
  }
end

return M
