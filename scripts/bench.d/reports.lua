-- Reports each task of a file once:
-- `wrk -t 1 … -s reports.lua URL -- FILE PIPELINE BATCH STATUS PAUSE`.
-- BATCH > 1: that many a call to /internal/reports. PAUSE: milliseconds that a
-- connection rests before each request.
local lines, at, pipeline, batch, pause = {}, 0, 1, 1, 0
local head = "Host: localhost\r\nContent-Type: application/json\r\n"
local said = { succeeded = '"status":"succeeded","posted":1,"attempt":1',
  failed = '"status":"failed","attempt":1,"detail":"the provider closed the connection: connection reset by peer"' }
local what = said.succeeded

function init(args)
  pipeline = tonumber(args[2] or "1")
  batch = tonumber(args[3] or "1")
  what = said[args[4] or "succeeded"]
  pause = tonumber(args[5] or "0")
  for line in io.lines(args[1]) do lines[#lines + 1] = line end
end

function delay() return pause end

local function next_id()
  at = at + 1
  return lines[at] or lines[#lines]
end

local function post(path, body)
  return "POST " .. path .. " HTTP/1.1\r\n" .. head .. "Content-Length: " .. #body .. "\r\n\r\n" .. body
end

function request()
  local parts = {}
  if batch > 1 then
    for i = 1, batch do parts[i] = '{"task_id":"' .. next_id() .. '",' .. what .. "}" end
    return post("/internal/reports", '{"reports":[' .. table.concat(parts, ",") .. "]}")
  end
  for i = 1, pipeline do parts[i] = post("/internal/tasks/" .. next_id() .. "/status", "{" .. what .. "}") end
  return table.concat(parts)
end

local bad = 0
function response(status)
  if status ~= 204 and status ~= 200 then
    bad = bad + 1
    if bad == 1 then print("refused: " .. status) end
  end
end

function done(summary, latency)
  print(string.format("RESULT %d %f %f %f", summary.requests, summary.duration / 1e6,
    latency:percentile(50) / 1000, latency:percentile(99) / 1000))
end
