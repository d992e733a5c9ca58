-- SPDX-License-Identifier: MIT
-- Networks and cells in words, for people: a network's name; a cell's bands, its place in the spectrum, which it is.

local M = {
  ---Technologies: their keys in what modem:signal() returns, and what people call them; the newest first.
  technologies = { { "nr", "5G" }, { "lte", "LTE" }, { "umts", "UMTS" }, { "gsm", "GSM" } },
}

---A network by its name, or else by its id.
---@param provider { id: string?, name: string? }?
---@return string? name nil: it tells neither
function M.network(provider)
  provider = provider or {}
  return provider.name ~= "" and provider.name or provider.id ~= "" and provider.id or nil
end

local channel_names = { LTE = "EARFCN", ["5G"] = "NR-ARFCN", UMTS = "UARFCN", GSM = "ARFCN" }

---Those of one technology are one word: "LTE B2+B12 and 5G n41".
---@param cells modem.cell[] that serve
---@return string words "": there are none
function M.bands(cells)
  local words = {}
  for _, cell in ipairs(cells) do
    local of_same = words[#words] and words[#words].technology == cell.technology and words[#words]
    if of_same and cell.band then
      of_same.text = of_same.text .. "+" .. cell.band
    elseif not of_same then
      words[#words + 1] = {
        technology = cell.technology, text = cell.technology .. (cell.band and " " .. cell.band or ""),
      }
    end
  end
  for i, word in ipairs(words) do words[i] = word.text end
  return table.concat(words, " and ")
end

---@param number number?
---@return string
function M.megahertz(number) return number and ("%g MHz"):format(number) or "" end

---@param cell modem.cell
---@return string "EARFCN 8665"
function M.channel(cell)
  return cell.channel and ("%s %d"):format(channel_names[cell.technology] or "channel", cell.channel) or ""
end

---Which cell it is: "PCI 214, cell 171650049 (eNB 670508, sector 1), TAC 12033".
---@param cell modem.cell
---@return string
function M.identity(cell)
  local words = {}
  local function add(format, ...) words[#words + 1] = (...) and format:format(...) or nil end
  add("PCI %d", cell.pci)
  add("PSC %d", cell.psc)
  if cell.enb then
    add("cell %d (eNB %d, sector %d)", cell.cell_id, cell.enb, cell.sector)
  elseif cell.gnb then
    add("cell %d (gNB %d)", cell.cell_id, cell.gnb)
  else
    add("cell %d", cell.cell_id)
  end
  add("TAC %d", cell.tac)
  add("LAC %d", cell.lac)
  return table.concat(words, ", ")
end

return M
