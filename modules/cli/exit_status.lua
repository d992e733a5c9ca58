-- SPDX-License-Identifier: MIT
-- How commands end: the exit status of each error, and the meaning of each status. Code, help and README use this list;
-- one command's part of it, for its help, is in exit_help.lua.

local M = {}

---@type table<integer, { [1]: string, [integer]: string }> what it means, and the codes of errors that end in it
M.list = {
  [0]  = { "done; online" },
  [1]  = { "failed otherwise" },
  [2]  = { "the command line is wrong", "usage" },
  [3]  = { "no modem, or several and none was named, or it is gone, in the wrong mode, or does not work",
    "no-modem", "several-modems", "wrong-mode", "gone", "modem-failed" },
  [4]  = { "SIM: missing, locked, blocked, broken, or not of the operator that the modem is locked to",
    "sim-missing", "sim-locked", "sim-blocked", "sim-failure", "modem-locked" },
  [5]  = { "radio off, no network, registration denied, roaming not allowed, no packet service",
    "radio-off", "not-registered", "registration-denied", "roaming-refused", "attach-failed" },
  [6]  = { "the connection was refused, or ended, or gave no address",
    "connect-refused", "disconnected", "no-address", "unreachable" },
  [7]  = { "the modem did not answer in time", "timeout", "modem-mute" },
  [8]  = { "not permitted, or another program uses the modem, or it is busy", "permission", "busy" },
  [9]  = { "carrier file unknown or wrong", "carrier-unknown", "carrier-invalid" },
  [10] = { "`up`: connected, but nothing answers the ping; the connection stays" },
  [11] = { "`status`: not online, or the host is not as `up` left it" },
  [12] = { "`setup`: the modem is not as the carrier needs it; a change on trial was undone", "undone" },
}

M.FAILED, M.NO_ANSWER, M.OFFLINE, M.NOT_AS_WANTED = 1, 10, 11, 12

local INTERRUPTED = 130

---@param code string of an error
---@return integer status
function M.of(code)
  for status, entry in pairs(M.list) do
    for i = 2, #entry do
      if entry[i] == code then
        return status
      end
    end
  end
  return code == "interrupted" and INTERRUPTED or M.FAILED
end

return M
