-- SPDX-License-Identifier: MIT
-- Bands and the numbers of their channels, by technology: 3GPP's tables, downlink only.

-- What is measured is the downlink. A row of LTE, UMTS and GSM: the band's name, its first and last channel, and the
-- frequency of the first one, in MHz. One of 5G: name, lowest and highest frequency: its channels have one raster.
---@alias radio.row { [1]: string, [2]: number, [3]: number, [4]: number? }

---@class radio.bands
---@field steps table<string, number> from one channel to the next, MHz
---@field raster { first: integer, last: integer, frequency: number, step: number }[] of 5G: TS 38.104, table 5.4.2.1-1
---@field LTE radio.row[]
---@field ["5G"] radio.row[]
---@field UMTS radio.row[]
---@field GSM radio.row[]
local bands = {
  steps = { LTE = 0.1, UMTS = 0.2, GSM = 0.2 },

  raster = {
    { first = 0, last = 599999, frequency = 0, step = 0.005 },
    { first = 600000, last = 2016666, frequency = 3000, step = 0.015 },
    { first = 2016667, last = 3279165, frequency = 24250.08, step = 0.06 },
  },
}

-- Loaded when a channel of that technology is looked up: most modems are on one or two.
local files = { LTE = "radio.lte", ["5G"] = "radio.nr", UMTS = "radio.umts", GSM = "radio.gsm" }

return setmetatable(bands, {
  __index = function(_, technology)
    if files[technology] then
      bands[technology] = require(files[technology])
    end
    return rawget(bands, technology)
  end,
})
