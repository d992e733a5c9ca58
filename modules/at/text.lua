-- SPDX-License-Identifier: MIT
-- AT lines as text: their prefix, their fields, and their secrets, hidden.

local core = require "core.at"
local maker = require "maker"

local M = {}

---@param line string '+CGDCONT: 1,"ipv4v6"'
---@return string? prefix "+CGDCONT", in capitals; nil when the line has none, as in "Revision: 0.5"
---@return string rest what follows it; all of a line without one
function M.prefix(line)
  local name, rest = line:match("^%s*([%+!%^%$#%%%*&_@][%w_]+)[ \t]*:[ \t]*(.*)$")
  if not name then
    return nil, line
  end
  return name:upper(), rest
end

---What follows a prefix in the lines that have it, a line each; some firmware has it in small letters, or with blanks.
---@param lines string[] of an answer
---@param name string "+CFUN"
---@return string rests "" where none has it
function M.after(lines, name)
  local rests = {}
  for _, line in ipairs(lines) do
    local prefix, rest = M.prefix(line)
    if prefix == name then rests[#rests + 1] = rest end
  end
  return table.concat(rests, "\n")
end

---Takes a line's values apart: '+CGDCONT: 1,"ipv4v6","r.ispsn","",0' gives { "1", "ipv4v6", "r.ispsn", "", "0" }.
---Commas in quotation marks separate nothing; parentheses make a list.
---@param line string its prefix, if it has one, is left out
---@param options { numbers: boolean? }? numbers: decimal numbers without quotation marks become integers
---@return (string|integer|table)[]
function M.fields(line, options)
  local _, rest = M.prefix(line)
  return core.fields(rest, options ~= nil and options.numbers)
end

-- The commands whose values are a PIN, a password or a key: 3GPP's, and those of makers that have no file in makers/.
local SECRET = [[
  +CPIN +CPIN2 +CLCK +CPWD +CGAUTH +CSIM +CGLA
  +CNCFG +CSTT +UAUTHREQ +UPSD ^PDPAUTH *AUTHREQ *EIAAUW *MGAUTH %IPDPCFG
]]

local secret

local function secret_commands()
  if not secret then
    secret = maker.words("secret", SECRET)
  end
  return secret
end

---Are a command's values a PIN, a password or a key?
---@param name string "+CGAUTH", in capitals
---@return boolean
function M.is_secret(name) return secret_commands()[name] == true end

---A command fit to be shown. Modems pass over blanks in it (ITU-T V.250): 'AT+CPIN="1234"' gives 'AT+CPIN=(hidden)'.
---@param command string a command line, or its echo
---@param always boolean? hide the values of any command
---@return string
function M.hide(command, always)
  if command:find("=", 1, true) then
    for name, value in command:gmatch("([%+!%^%$#%%%*&_][%w%s]+)=()") do
      if secret_commands()[name:upper():gsub("%s", "")] and command:byte(value) ~= 63 then -- "=?" is a question
        return command:sub(1, value - 1) .. "(hidden)"
      end
    end
  end
  if always then
    return (command:match("^[^=]*=") or command:sub(1, 2)) .. "(hidden)"
  end
  return command
end

return M
