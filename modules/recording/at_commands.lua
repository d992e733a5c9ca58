-- SPDX-License-Identifier: MIT
-- AT commands by what they tell. One that is on none of these lists is taken for one that may tell anything.

local maker = require "maker"
local standard = require "at.standard"
local text = require "at.text"

local M = {}

local function set(words)
  local all = {}
  for word in words:gmatch "%S+" do all[word] = true end
  return all
end

-- Commands that tell what a modem is and can, how it is set, and how the network serves it. "&V" and its kin are ITU-T
-- V.250's; those that makers declare in their `air.lua` are public, too.
local PUBLIC = set [[
  I E V Q X Z S H &F &V &W &C &D +GMI +GMM +GMR +GCAP +CGMI +CGMM +CGMR +CLAC +IPR +ICF +IFC +CSCS +CMEE
  +CFUN +CPAS +CBC +CCLK +CTZU +CTZR +CEER +CIND +CMER +WS46 +COPS +COPN +CPLS +CPOL +CREG +CGREG +CEREG +C5GREG +CIREG
  +CSQ +CESQ +CSCON +CEMODE +CEDRXS +CPSMS +CNMI +CMGF +CPMS +CMGD +CSMS +CSDH +CMMS +CNMA
  +CGDCONT +CGDSCONT +CGACT +CGATT +CGDATA +CGPADDR +CGCONTRDP +CGSCONTRDP +CGTFT +CGEQOS +CGEQOSRDP +CGEREP +CGEV
  +CGPIAF +CGQREQ +CGQMIN +CGCMOD +CRSM +CCHO +CCHC +CLCK +CPIN +CPINR +CMTI
  !USBCOMP !UDUSBCOMP !USBPID !USBVID !USBPRODUCT !USBSPEED !BAND !SELRAT !IMPREF !GOBIIMPREF !PCOFFEN !PCINFO !PCTEMP
  !PCVOLT !CUSTOM !ENTERCND !RESET !UIMS !GSTATUS !IMAGE !PRIID !PACKAGE !HWID !GETBAND !GETRAT !SCACT !LTECA !RXDEN
  !NRINFO !LTERXCONTROL
  +QCFG +QNWPREFCFG +QMBNCFG +QNWCFG +QUIMSLOT +QUIMSLOTINFO +QSINR +QRSRP +QRSRQ +QNWINFO +QGDCNT +QGDNRCNT +QSPN
  +QSIMSTAT +QSIMDET +QINISTAT +QTEMP +QGMR +QPOWD +QUSIM +QIACT +QNETDEVCTL +QNETDEVSTATUS +QPRTPARA +QURCCFG +QIND
  +QNWLOCK +QCSQ +QPCMV
  #USBCFG #BND #REBOOT #CGMI #CGMM #CGMR #QSS #SWPKGV #TEMPSENS #HWREV #SIMDET #PSNT #NCM #ECM #RNDIS #FWSWITCH
  #WS46 #CEER #SGACT #ENHRST #PORTCFG
  +GTACT +GTCELLLOCK +GTFCCLOCKVER +GTFCCLOCKMODE +GTFCCLOCKSTATE +GTDUALSIM +GTUSBMODE +GTPKGVER +GTFWVER +GTRNDIS
  +GTSENRDTEMP +GTAUTOCONNECT
  +XACT +XCESQ +XDATACHANNEL +XDNS +XREG +XLEC
  ^SETMODE ^GETPORTMODE ^SETPORT ^SYSCFG ^SYSCFGEX ^SYSINFO ^SYSINFOEX ^NDISDUP ^NDISSTAT ^NDISSTATQRY ^DHCP ^DHCPV6
  ^VERSION ^HVER ^FHVER ^CARDMODE ^CHIPTEMP ^LTERSRP ^CSNR ^RSSI ^MODE ^SRVST ^SIMST ^DSFLOWRPT ^DSFLOWQRY ^DCONNSTAT
  ^CURC ^STIN ^RFSWITCH
  +CNMP +CNBP +CNAOP +CNSMOD +CRESET +CUSBPIDSWITCH +CUSBCFG +CCELLCFG +C5GCELLCFG +CSUB +CPMUTEMP +NETOPEN +IPADDR
  $QCRMCALL $QCBANDPREF
]]

-- Commands whose values are a text or a number that a person has written or called; and those that are followed by
-- lines of such.
local WRITES = set "+CMGS +CMGW +CMSS"
local PRIVATE = set [[
  +CMGL +CMGR +CMT +CDS +CBM +CUSD +CPBR +CPBF +CPBW +CNUM +CLIP +COLP +CLCC +CCWA +CCFC +CDIP +CNAP
  +CSCA +CSSU +CUSATP ^MSISDN
]]
-- Commands with a password, or a PIN, whose answers have none.
local TELLS_STATE = set "+CPIN +CPIN2 +CLCK +CPWD +CSIM +CGLA ^CPIN ^CARDLOCK ^NDISDUP #SGACT"
-- Those that tell of cells, and are not in any maker's `air.lua`.
local CELLS = set [[
  +CCED +CCINFO +CGED +CNETCI +EEMGINFO +EEMGINFOBASIC +EEMGINFONC +EEMGINFOPS +EEMGINFOSVC +EEMLTEINTER
  +EEMLTEINTERRAT +EEMLTEINTRA +EEMLTESVC +EEMUMTSINTER +EEMUMTSINTRA +EEMUMTSSVC
  +QCELLINFO +QOPS +QSCAN +SCELLINFO +UCGED +VZWRSRP +VZWRSRQ +XCCINFO +ZCELLINFO
  ^CELLINFO ^LOCCHD ^LOCINFO ^SMONC ^SMONI ^SMONP #CSURV #CSURVC #MONI
]]
-- Those that tell where the modem is; others have GPS or GNSS in their names.
local POSITION = set "+CLBS +CIPGSMLOC +QLBS +ULOC +UULOC +XLCSLSR ^POSITION ^WPDGP"
-- Numbers that a command shows, where they are not known by their look.
local KINDS = { ["+CIMI"] = "imsi", ["+CGSN"] = "imei", ["+GSN"] = "imei", ["+CCID"] = "iccid", ["+ICCID"] = "iccid" }
-- Commands that show a number of the modem's own, in letters and digits.
local SERIAL = set "+CFSN +CGSN +EGMR +GSN +SN #CGSN ^DSN ^SN"

local cells -- of all makers, that tell of signal and cells; and their names

local function load_cells()
  if not cells then
    cells = { list = {}, names = {} }
    local function add(air)
      for _, commands in pairs(air or {}) do
        for _, command in ipairs(commands) do
          local names = M.names_in(command.asks)
          table.insert(cells.list, { command = command, names = names })
          for name in pairs(names) do cells.names[name] = true end
        end
      end
    end
    add { standard.registrations, { standard.strength, standard.quality } }
    for _, one in ipairs(maker.all()) do add(one.air and one:load "air") end
  end
  return cells
end

---The declared commands that tell of signal and cells, and have one of these names.
---@param names table<string, true> in capitals
---@return at.command[]
function M.of_cells(names)
  local list = {}
  for _, one in ipairs(load_cells().list) do
    local has = false
    for name in pairs(one.names) do has = has or names[name] end
    list[#list + 1] = has and one.command or nil
  end
  return list
end

---The names of the commands in a line, in capitals: { ["+CSQ"] = true }, and of "ATI" { I = true }.
---@param line string
---@return table<string, true>
function M.names_in(line)
  local names = {}
  local basic = line:upper():match "^%s*AT%s*(&?%u)"
  if basic then names[basic] = true end
  for name in line:gsub('"[^"]*"', ""):gmatch "[%+!%^%$#%%%*&_][%w_]+" do names[name:upper()] = true end
  return names
end

---@param name string "+CSQ", in capitals
---@return boolean
function M.is_public(name) return PUBLIC[name] or load_cells().names[name] or false end

-- Of a maker's command that is on no list, its name tells that a PIN or a password goes with it.
local function sounds_secret(name)
  for _, part in ipairs { "PIN", "PUK", "PWD", "PASS", "AUTH", "KEY" } do
    if name:find(part, 1, true) and not M.is_public(name) and not TELLS_STATE[name] then return true end
  end
  return false
end

---@param name string
---@return boolean
function M.is_private(name)
  return PRIVATE[name] or text.is_secret(name) and not TELLS_STATE[name] or sounds_secret(name)
end

---@param name string
---@return boolean its values are what a person writes, or calls
function M.is_written(name) return WRITES[name] or PRIVATE[name] or not text.is_secret(name) and sounds_secret(name) end

---@param name string
---@return boolean it tells of cells, and how is not declared
function M.is_of_cells(name) return CELLS[name] or false end

---@param name string
---@return boolean
function M.is_of_position(name) return POSITION[name] or name:find "G[PN]S" ~= nil end

---@param name string
---@return boolean
function M.is_serial(name) return SERIAL[name] or false end

---@param name string
---@return "imsi"|"imei"|"iccid"|nil kind of the number that it shows
function M.kind(name) return KINDS[name] end

---Is it on any list?
---@param name string
---@return boolean
function M.is_known(name)
  return M.is_public(name) or M.is_private(name) or M.is_written(name) or TELLS_STATE[name] or M.is_of_cells(name)
    or M.is_of_position(name) or M.is_serial(name) or M.kind(name) ~= nil
end

return M
