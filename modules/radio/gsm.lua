-- SPDX-License-Identifier: MIT
-- Bands of GSM: 3GPP TS 45.005, section 2. 1800 and 1900 share numbers: only the cell tells which.

---@type radio.row[]
return {
  { "GSM 900", 0, 124, 935 }, { "GSM 900", 955, 1023, 921.2 }, { "GSM 850", 128, 251, 869.2 },
  { "GSM 1800", 512, 885, 1805.2 }, { "GSM 1900", 512, 810, 1930.2 }, { "GSM 450", 259, 293, 460.6 },
  { "GSM 480", 306, 340, 489 },
}
