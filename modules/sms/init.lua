-- SPDX-License-Identifier: MIT
-- SMS: texts as PDUs and back, without a modem.

local encode = require "sms.encode"
local join = require "sms.join"

return {
  decode = require "sms.decode",
  join = join.join,
  key_of = join.key_of,
  fit = join.fit,
  submit = encode.submit,
  deliver = encode.deliver,
  report = encode.report,
  is_number = encode.is_number,
}
