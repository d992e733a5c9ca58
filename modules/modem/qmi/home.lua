-- SPDX-License-Identifier: MIT
-- The network that the SIM is at home in, over QMI.

local lazy = require "base.lazy"
local diagnose = lazy "modem.qmi.diagnose"
local errors = require "errors"
local nas = require "qmi.nas"
local network_name = require "modem.qmi.network_name"
local serving = require "modem.qmi.serving_system"

---@class modem.qmi
local M = {}

function M:home_provider()
  local reply, err = self.qmi:request(nas.get_home_network)
  if not reply then
    return nil, err.code == "rejected" and diagnose.of_sim(self, "Get Home Network") or err
  end
  local digits, plmn = reply.home_network_3gpp_mnc, reply.home_network
  if not plmn or not plmn.mnc then
    return errors.lacks("qmi", "Get Home Network", "network")
  end
  return {
    id = serving.plmn_id(plmn, digits and digits.is_3gpp and digits.includes_pcs_digit),
    name = network_name.of(plmn),
  }
end

return M
