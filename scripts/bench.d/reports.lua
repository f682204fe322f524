-- Reports each task of a file once: `wrk -t 1 … -s reports.lua URL -- FILE PIPELINE`.
local lines, at, pipeline = {}, 0, 1
local head = "Host: localhost\r\nContent-Type: application/json\r\n"
local body = '{"status":"succeeded","posted":1,"attempt":1}'

function init(args)
  pipeline = tonumber(args[2] or "1")
  for line in io.lines(args[1]) do lines[#lines + 1] = line end
end

function request()
  local parts = {}
  for i = 1, pipeline do
    at = at + 1
    local id = lines[at]
    if not id then id = lines[#lines] end
    parts[i] = "POST /internal/tasks/" .. id .. "/status HTTP/1.1\r\n" .. head ..
      "Content-Length: " .. #body .. "\r\n\r\n" .. body
  end
  return table.concat(parts)
end

local bad = 0
function response(status)
  if status ~= 204 then bad = bad + 1; if bad == 1 then print("first answer that is no 204: " .. status) end end
end

function done(summary, latency)
  print(string.format("RESULT %d %f %f %f", summary.requests, summary.duration / 1e6,
    latency:percentile(50) / 1000, latency:percentile(99) / 1000))
end
