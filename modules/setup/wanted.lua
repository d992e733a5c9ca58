-- SPDX-License-Identifier: MIT
-- A carrier's wishes for a modem: its `modem` table, and the additions of its setup(modem) function for this modem.

local carrier_check = require "carrier.check"
local carrier_module = require "carrier"
local errors = require "errors"
local sandbox = require "core.sandbox"

-- The function decides, and does not wait. Its wishes are carried out later, step by step.
local SECONDS, MEMORY = 1, 2 << 20

local M = {}

-- The function's argument: facts, and verbs that record a wish.
local function restricted(modem, identity, wanted)
  local facts = {
    model = identity.hardware, firmware = identity.firmware, protocol = modem.description.protocol,
    vendor = modem.description.vendor, product = modem.description.product,
  }
  local function add(list, line, options)
    local element = { line }
    for key, value in pairs(options or {}) do element[key] = value end
    wanted[list] = wanted[list] or {}
    wanted[list][#wanted[list] + 1] = element
  end
  function facts:set(name, value) wanted[name] = value end
  function facts:at(line, options) add("at", line, options) end
  function facts:qmi(line, options) add("qmi", line, options) end
  return facts
end

local function invalid(name, message)
  return errors.fail {
    code = "carrier-invalid", source = "carrier", message = ("%s: %s"):format(name, message),
    hint = "carriers/README.md shows how to write one.",
  }
end

---@param carrier carrier.carrier
---@param modem modem.modem
---@return carrier.modem?
---@return moontower.error? err
function M.of(carrier, modem)
  local wanted = sandbox.copy(carrier.modem or {})
  if not carrier.setup then
    return wanted
  end
  local identity, err = modem:identity()
  if not identity then
    return nil, err
  end
  local ok
  ok, err = sandbox.run("return call(modem)", "=setup", {
    call = carrier.setup, modem = restricted(modem, identity, wanted), string = carrier_module.basis.string,
  }, SECONDS, MEMORY)
  if not ok then
    return invalid(carrier.name, ("setup(modem): %s"):format(err))
  end
  ok, wanted = pcall(sandbox.copy, wanted)
  local mistake = not ok and wanted or carrier_check.modem(wanted)
  if mistake then
    return invalid(carrier.name, "setup(modem): " .. mistake)
  end
  return wanted
end

return M
