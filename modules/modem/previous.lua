-- SPDX-License-Identifier: MIT
-- The connection of an earlier `up`, as it was written down.

local connections = require "modem.connection"

local M = {}

---@class modem.previous a connection of an earlier `up` that is there, on the host, too
---@field carrier carrier.carrier what asks for the same again
---@field options table of the link, for up.up()
---@field record modem.connection_record

---@param modem modem.modem
---@return modem.previous?
function M.previous(modem)
  local record = connections.record(modem.description)
  if not record or not record.complete or not connections.is_on_host(modem) then
    return nil
  end
  return M.of_record(record)
end

---A connection as it was written down.
---@param record modem.connection_record
---@return modem.previous
function M.of_record(record)
  return {
    record = record,
    options = record.options or {},
    carrier = {
      name = record.carrier, roaming = record.roaming, probe = record.probe, dns_route = record.dns_route,
      search = record.searched, bearers = { {
        apn = record.apn, ip = record.ip, user = record.user, password = record.password, auth = record.auth,
        mtu = record.mtu, aggregation = record.aggregation,
      } },
    },
  }
end

---Is it what a carrier asks for?
---@param previous modem.previous
---@param carrier carrier.carrier
---@return boolean
function M.is_same(previous, carrier) return connections.fits(previous.record, carrier) end

return M
