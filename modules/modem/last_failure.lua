-- SPDX-License-Identifier: MIT
-- Why the last `up` of a modem failed, for `explain`: a network tells its cause once, and many modems forget it.

local state = require "state"
local trace = require "trace"

local KIND = "failures"

---@class modem.failure
---@field time integer as os.time() has it
---@field code string as of an error, also those below
---@field message string
---@field hint string?
---@field nw_error integer? the network's cause
---@field switch "hardware"? that kept the radio off
---@field incarnation string? of the modem

local M = {}

---@param description modem.description
---@param err moontower.error
function M.save(description, err)
  trace.note("failed", {
    code = err.code, message = err.message, hint = err.hint, switch = (err.detail or {}).switch,
  })
  state.save(KIND, description.key, {
    time = os.time(), code = err.code, message = err.message, hint = err.hint,
    nw_error = (err.detail or {}).nw_error, switch = (err.detail or {}).switch, incarnation = description.incarnation,
  })
end

---`up` has worked.
---@param description modem.description
function M.clear(description) state.remove(KIND, description.key) end

---@param description modem.description
---@return modem.failure? failure nil: it has worked since the modem was plugged in, or was not tried
function M.load(description)
  local failure = state.load(KIND, description.key)
  return failure and failure.incarnation == description.incarnation and failure or nil
end

return M
