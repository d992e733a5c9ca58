-- SPDX-License-Identifier: MIT
-- SMS: texts as PDUs and back, without a modem.

local encode = require "sms.encode"

return {
  decode = require "sms.decode",
  join = require("sms.join").join,
  submit = encode.submit,
  deliver = encode.deliver,
  is_number = encode.is_number,
}
