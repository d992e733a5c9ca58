-- SPDX-License-Identifier: MIT
-- Firmware as DMS has it: which images the modem stores and runs, which it is to run, and its boot loader.

local qmi = require "qmi.message"

local u8, u16, u32 = qmi.u8, qmi.u16, qmi.u32
local enum, bool, struct, list = qmi.enum, qmi.bool, qmi.struct, qmi.list
local bytes, chars, lstring = qmi.bytes, qmi.chars, qmi.lstring

---@class qmi.dms_firmware
local dms_firmware, message = qmi.messages "dms"

local image_type = enum(u8, { modem = 0, pri = 1 })
local image = struct {
  image_type "type",
  bytes(16) "unique_id", -- text and NULs, such as "002.026_000"; older ones: a checksum
  lstring(u8) "build_id",
}

message("get_firmware_preference", 0x0047, "Get Firmware Preference", function() return {
  response = { [0x01] = list(u8, image) "list" },
} end)

message("set_firmware_preference", 0x0048, "Set Firmware Preference", function() return {
  request = {
    [0x01] = list(u8, image) "list",
    [0x10] = bool(u8) "download_override",
    [0x11] = u8 "modem_storage_index",
  },
  response = { [0x01] = list(u8, image_type) "image_download_list" }, -- what the modem has not got yet
} end)

message("list_stored_images", 0x0049, "List Stored Images", function() return {
  response = {
    [0x01] = list(u8, struct {
      image_type "type",
      u8 "maximum_images",
      u8 "index_of_running_image", -- 0xff: none
      list(u8, struct {
        u8 "storage_index", -- 0xff: unknown
        u8 "failure_count", -- 0xff: unknown
        bytes(16) "unique_id",
        lstring(u8) "build_id",
      }) "sublist",
    }) "list",
  },
} end)

message("delete_stored_image", 0x004a, "Delete Stored Image", function() return {
  request  = { [0x01] = image "image_details" },
  response = {},
} end)

message("get_stored_image_info", 0x004c, "Get Stored Image Info", function() return {
  request = { [0x01] = image "image_details" },
  response = {
    [0x10] = struct { u16 "major_version", u16 "minor_version" } "boot_version",
    [0x11] = struct { u32 "pri_version", chars(32) "pri_info" } "pri_version",
    [0x12] = u32 "oem_lock_id",
  },
} end)

-- Also called "set boot hold": the modem stays in its boot loader at the next start, for a new firmware.
message("set_firmware_id", 0x003e, "Set Firmware ID", function() return {
  response = {},
} end)

local download_mode = enum(u8, { normal = 0, ["boot-and-recovery"] = 1 })

message("get_boot_image_download_mode", 0x004f, "Get Boot Image Download Mode", function() return {
  response = { [0x10] = download_mode "mode" },
} end)

message("set_boot_image_download_mode", 0x0050, "Set Boot Image Download Mode", function() return {
  request  = { [0x01] = download_mode "mode" },
  response = {},
} end)

return dms_firmware
