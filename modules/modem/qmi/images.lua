-- SPDX-License-Identifier: MIT
-- The firmware images in a modem over QMI: which it stores, which run, and which it is to run.

local dms = require "qmi.dms"

local NONE = 0xff -- of an index or a count: unknown

local M = {}

local kinds = { modem = "modem", pri = "carrier" }

-- Text with NULs behind it; of older modems a checksum.
local function id_of(bytes)
  local text = bytes:match "^(%g+)%z*$"
  return text or (bytes:gsub(".", function(byte) return ("%02x"):format(byte:byte()) end))
end

local function is_preferred(list, image, kind)
  for _, wanted in ipairs(list or {}) do
    if wanted.type == kind and wanted.build_id == image.build_id and wanted.unique_id == image.unique_id then
      return true
    end
  end
  return false
end

---@param self { qmi: qmi.device }
---@return modem.image[]?
---@return moontower.error? err "unsupported": it has one, or tells of none
function M.images(self)
  local stored, err = self.qmi:request(dms.list_stored_images)
  if not stored then
    return nil, err
  end
  local preference = self.qmi:request(dms.get_firmware_preference) or {}
  local list = {}
  for _, group in ipairs(stored.list or {}) do
    for number, image in ipairs(group.sublist) do
      list[#list + 1] = {
        kind = kinds[group.type] or tostring(group.type), version = image.build_id, id = id_of(image.unique_id),
        slot = image.storage_index ~= NONE and image.storage_index or nil,
        failures = image.failure_count ~= NONE and image.failure_count or nil,
        is_active = number - 1 == group.index_of_running_image,
        is_preferred = is_preferred(preference.list, image, group.type),
      }
    end
  end
  return list
end

return M
