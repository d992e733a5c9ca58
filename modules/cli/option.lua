-- SPDX-License-Identifier: MIT
-- The options that several commands share. Each is declared here once, and commands refer to it.

local validate = require "base.validate"

local M = {}

---@type cli.option
M.device = { "-d --device", validate.any_text, "Which modem: /dev/cdc-wdm0, wwan0, or its USB path",
  candidates = function() return require("cli.command").modem_names() end }
M.proxy = { "--proxy", validate.flag, "Share the modem with other programs, by mbim-proxy or qmi-proxy" }
-- For commands that look at a connection: the way to the modem is the one that it was made by.
M.proxy_as_up = {
  "--proxy", validate.flag, "Share the modem with other programs, by mbim-proxy or qmi-proxy",
  otherwise = "as `up` did",
}
M.protocol = {
  "--protocol", validate.one_of { "mbim", "qmi" }, "qmi: QMI inside MBIM, on a modem that speaks MBIM",
}
M.take_over = {
  "--take-over", validate.flag, "Take the modem from ModemManager even if that has a connection of its own on it",
}
M.json = { "--json", validate.flag, "Print one JSON object, for programs" }
M.json_list = { "--json", validate.flag, "Print a JSON list, for programs" }

-- For all commands that may enter the SIM's PIN: modem/pin_options.lua reads them.
M.pin_file = {
  "--pin-file", validate.any_text, "Where the SIM's PIN is: a file with a line of it, or lines of ICCID and PIN",
  otherwise = "/etc/moontower/pin", argname = "FILE",
}
M.pin_tries = {
  "--pin-tries", validate.whole(0, 99), "Enter the PIN though only this number of tries is left",
  otherwise = "3; 0: even if that is unknown", argname = "N",
}
M.pin_again = { "--pin-again", validate.flag, "Enter the PIN though it has failed before" }

---For an option or argument whose value is a carrier: the names of all there are.
---@return string[]
function M.carriers() return require("carrier").list() end

---Those that are in the table of scripts/README.md.
M.all = { M.device, M.proxy, M.protocol, M.take_over, M.json, M.pin_file, M.pin_tries, M.pin_again }

---@param option cli.option
---@param text string
---@return cli.option the same, with a text that says what it means to one command
function M.with_text(option, text)
  local other = {}
  for key, value in pairs(option) do other[key] = value end
  other[3] = text
  return other
end

return M
