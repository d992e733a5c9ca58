-- SPDX-License-Identifier: MIT
-- Files of the card over QMI: Read Transparent of UIM.

local lazy = require "base.lazy"
local errors = require "errors"
local uim_files = lazy "qmi.uim.files"

local M = {
  ---Folders: of the card, and of its USIM.
  CARD = "\x00\x3f", USIM = "\x00\x3f\xff\x7f",
}

---@param device qmi.device
---@param id integer
---@param path string
---@return string? bytes
---@return moontower.error? err
function M.read(device, id, path)
  local reply, err = device:request(uim_files.read_transparent, {
    session = { session_type = "primary-gw-provisioning" },
    file = { file_id = id, file_path = path },
    read_information = {},
  })
  if err and err.detail and err.detail.status == "sim-file-not-found" then
    err.code = "not-found"
  elseif reply and not reply.read_result then
    return errors.lacks("qmi", "Read Transparent", "content")
  end
  return reply and reply.read_result, err
end

---@param self modem.modem
---@param id integer
---@return string? bytes
---@return moontower.error? err
function M.card_file(self, id) return M.read(self.qmi, id, M.USIM) end

return M
