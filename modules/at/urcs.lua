-- SPDX-License-Identifier: MIT
-- The lines that modems send without being asked (unsolicited result codes, URCs), so that they are known for what
-- they are in the middle of another command's answer. A line that is missing here ends up in that answer.

local function set(names)
  local known = {}
  for name in names:gmatch("%S+") do
    known[name] = true
  end
  return known
end

-- Those with a prefix. One of these is an answer nevertheless when the command is of that name.
local prefixes = set [[
  +CREG +CGREG +CEREG +C5GREG +CGEV +CSCON +CIEV +CRING +CLIP +CCWA +COLP +CSSI +CSSU +CUSD +CUSATP +CUSATEND
  +CMT +CMTI +CDS +CDSI +CBM +CBMI +CTZV +CTZE +CTZU +CTZDST +NITZ +PSUTTZ +CPIN +CPINR +CFUN +SIM +SIMTEST +CSCN
  +QIND +QURC +QIURC +QUSIM +QSIMSTAT +QNETDEVSTATUS +QUSBURC +QCSQ +QNWLOCK +QPCMV
  #QSS #PSNT #STN #ECAM
  ^RSSI ^HCSQ ^HRSSILVL ^CSNR ^ANLEVEL ^RSSILVL ^MODE ^SRVST ^SIMST ^BOOT ^DSFLOWRPT ^DSDORMANT ^NDISSTAT ^DCONN ^DEND
  ^STIN ^THERM ^ORIG ^CONF ^CONN ^CEND ^NWTIME ^EARST ^LTERSRP ^ANTENNALEVEL ^MSISDN ^DATACONNECT ^DHCPREQ
  +ZDONR +ZPASR +ZUSIMR +ZCONSTAT +ZURDY +ZSTR +ZEND +ZPSTM +PACSP0 +PACSP1 +XDATASTAT +XCALLSTAT +XSIM
  _OSIGQ _OWCTI _OUWCTI _OSSYSI *PSNTRGQ *EMRDY
]]

-- Whole lines.
local lines = {
  ["RING"] = true, ["RDY"] = true, ["APP RDY"] = true, ["PB DONE"] = true, ["SMS DONE"] = true, ["SMS READY"] = true,
  ["Call Ready"] = true, ["SMS Ready"] = true, ["START"] = true, ["+SIM READY"] = true, ["POWERED DOWN"] = true,
  ["NORMAL POWER DOWN"] = true,
}

-- The line after one of these is its message, when the rest looks so: a report in text mode has none.
local with_message = { ["+CMT"] = "", ["+CBM"] = "", ["+CDS"] = "^%d+$" }

-- Positions, on a port that is meant for commands.
local NMEA = "^%$%u%u%u%u*,"

local M = {}

---@param line string
---@param prefix string? at.prefix(line)
---@return boolean
function M.is_urc(line, prefix)
  return prefixes[prefix] or lines[line] or line:find(NMEA) ~= nil
end

---@param prefix string? of a URC
---@param rest string
---@return boolean # is the next line a part of it?
function M.has_message(prefix, rest)
  local pattern = with_message[prefix]
  return pattern ~= nil and rest:find(pattern) ~= nil
end

return M
