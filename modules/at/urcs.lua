-- SPDX-License-Identifier: MIT
-- The lines that modems send without being asked (unsolicited result codes, URCs), so that they are known for what
-- they are in the middle of another command's answer. A line that is missing here ends up in that answer.

local maker = require "maker"

-- Those with a prefix: 3GPP's, and those of makers that have no file in makers/. One of these is an answer nevertheless
-- when the command is of that name.
local PREFIXES = [[
  +CREG +CGREG +CEREG +C5GREG +CGEV +CSCON +CIEV +CRING +CLIP +CCWA +COLP +CSSI +CSSU +CUSD +CUSATP +CUSATEND
  +CMT +CMTI +CDS +CDSI +CBM +CBMI +CTZV +CTZE +CTZU +CTZDST +NITZ +PSUTTZ +CPIN +CPINR +CFUN +SIM +SIMTEST +CSCN
  +PACSP0 +PACSP1 +XDATASTAT +XCALLSTAT +XSIM
  +CNEC_MM +CNEC_GMM +CNEC_GSMSM +CNEC_EMM +CNEC_ESM +CIREGU +CIREPI +CEDRXP +CMWT +CNEMIU +EUSIM +EIND
  +UUSIMSTAT +UUPSDA +UUPSDD +UUSORD +UUSORF +UUSOCL +UUSOLI +UUPING +UUPINGER +UUHTTPCR +UUFTPCR +UUDHCP +UBATT
  *EUSBSTATUS
  _OSIGQ _OWCTI _OUWCTI _OSSYSI *PSNTRGQ *EMRDY
]]
local LINES = {
  "RING", "+SIM READY", "POWERED DOWN", "NORMAL POWER DOWN",
}
local START_LINES = { "START", "+SYSSTART", "MODEM:STARTUP" }

local prefixes, lines, start_lines

local function set_of(key, more)
  local set = {}
  for _, line in ipairs(more) do set[line] = true end
  for theirs in maker.each(key, "at") do
    for _, line in ipairs(theirs) do set[line] = true end
  end
  return set
end

local function learn()
  prefixes, lines, start_lines = maker.words("urcs", PREFIXES), set_of("urc_lines", LINES),
    set_of("start_lines", START_LINES)
end

-- The line after one of these is its message, when the rest looks so: a report in text mode has none.
local with_message = { ["+CMT"] = "", ["+CBM"] = "", ["+CDS"] = "^%d+$" }

-- Positions, on a port that is meant for commands.
local NMEA = "^%$%u%u%u%u*,"

local M = {}

---@param line string
---@param prefix string? at.prefix(line)
---@return boolean
function M.is_urc(line, prefix)
  if not prefixes then
    learn()
  end
  return prefixes[prefix] or lines[line] or start_lines[line] or line:find(NMEA) ~= nil
end

---@param line string a URC
---@return boolean # has the modem just started?
function M.says_started(line) return start_lines[line] == true end

---@param prefix string? of a URC
---@param rest string
---@return boolean # is the next line a part of it?
function M.has_message(prefix, rest)
  local pattern = with_message[prefix]
  return pattern ~= nil and rest:find(pattern) ~= nil
end

-- What the network writes is for the person who has asked.
local TEXT = "^(%+[Cc][Uu][Ss][Dd]%s*:%s*%d)"

---@param line string a URC, with the lines that have followed it so far
---@return boolean # does its text go on in the next line?
function M.has_open_text(line)
  return line:find(TEXT) ~= nil and select(2, line:gsub('"', "")) % 2 == 1
end

---@param line string a URC
---@return string line fit to be shown
function M.hide(line)
  local beginning = line:match(TEXT)
  return beginning and beginning .. ",(hidden)" or line
end

return M
