-- SPDX-License-Identifier: MIT
-- A vendor's setting that is one number, which the modem keeps.

---@param name string in modem.nv
---@param first integer
---@param last integer
---@param format string of the answer
---@return table parts of a command
return function(name, first, last, format)
  return {
    protected = "set",
    query = function(modem) return { format:format(modem.nv[name]) } end,
    set = function(modem, arguments)
      local value = math.tointeger(tonumber(arguments[1]))
      if not value or value < first or value > last then
        return nil
      end
      modem.nv[name] = value
      return {}
    end,
  }
end
