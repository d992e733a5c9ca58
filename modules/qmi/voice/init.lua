-- SPDX-License-Identifier: MIT
-- VOICE: one table of all its messages. The file for USSD comes first, as that is what is used here; of calls, traces
-- show what others do.

local qmi = require "qmi.message"

---@class qmi.voice: qmi.voice_ussd, qmi.voice_calls
local voice = qmi.messages("voice", { "qmi.voice.ussd", "qmi.voice.calls" })

return voice
