-- SPDX-License-Identifier: MIT
-- The texts of +CME ERROR and +CMS ERROR, for verbose mode (3GPP TS 27.007, 27.005).

return {
  cme = {
    [3] = "operation not allowed", [4] = "operation not supported", [10] = "SIM not inserted",
    [11] = "SIM PIN required", [12] = "SIM PUK required", [13] = "SIM failure", [14] = "SIM busy",
    [16] = "incorrect password", [20] = "memory full", [21] = "invalid index", [22] = "not found",
    [30] = "no network service", [50] = "Incorrect parameters", [100] = "unknown",
    [133] = "requested service option not subscribed", [148] = "unspecified GPRS error",
  },
  cms = {
    [302] = "operation not allowed", [304] = "invalid PDU mode parameter", [305] = "invalid text mode parameter",
    [310] = "SIM not inserted", [311] = "SIM PIN required", [316] = "SIM PUK required", [313] = "SIM failure",
    [321] = "invalid memory index", [322] = "memory full", [331] = "no network service",
  },
}
