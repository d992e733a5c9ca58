-- SPDX-License-Identifier: MIT
-- modem:usage(): the data that a modem's SIM has used in a month, as this computer has counted it; and whose it is.

local net = require "net"
local usage = require "usage"

---@class modem.usage
---@field sim string whose data that is: an ICCID; the modem's name, if the SIM does not say its own
---@field bytes integer used since the month began, both directions together
---@field next integer when the next one begins, as os.time() has it
---@field received integer? bytes that the interface has received since it was made; nil: there is none
---@field sent integer?

local M = {}

---Whose data it is, as modem.usage has it. A part of the modem that is about to go may not answer any more.
---@param modem modem.modem
---@return string
function M.sim_of(modem)
  local sim = modem:ensure_started() and modem:sim()
  return sim and sim.iccid or modem.description.name
end

---@param modem modem.modem
---@param day integer of the month on which it starts at zero again
---@return modem.usage
function M.usage(modem, day)
  local sim = M.sim_of(modem)
  local bytes, next_month = usage.read(modem, sim, day, os.time())
  local received, sent = M.counters(modem)
  return { sim = sim, bytes = bytes, next = next_month, received = received, sent = sent }
end

---The counters of the modem's interface.
---@param modem modem.modem
---@return integer? received
---@return integer? sent
function M.counters(modem)
  local link = modem.net and net.link(modem.net)
  local counted = link and link.statistics
  if counted then
    return counted.rx.bytes, counted.tx.bytes
  end
end

---What the SIM has used since the first day of the month. Nothing is written, so that it can be asked for often.
---@param modem modem.modem
---@return string sim
---@return integer? bytes nil: nothing is known of it
function M.look(modem)
  local sim = M.sim_of(modem)
  local used = usage.look(sim, 1, os.time(), usage.counter(modem))
  return sim, used and used.bytes
end

return M
