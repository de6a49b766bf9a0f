-- The requests that wrk sends, and its figures as one line of JSON.
-- wrk ... -s requests.lua URL -- browser|mixed|many|upload [MEBIBYTES]

local browser = {
  ["Accept"] = "text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,image/webp,*/*;q=0.8",
  ["Accept-Encoding"] = "gzip, deflate, br, zstd",
  ["Accept-Language"] = "en-GB,en;q=0.7,de;q=0.3",
  ["Cookie"] = "session=8f14e45fceea167a5a36dedd4bea2543; theme=dark; consent=yes",
  ["Referer"] = "http://localhost/articles/2026/11/a-page-somewhere",
  ["Sec-Fetch-Dest"] = "document",
  ["Sec-Fetch-Mode"] = "navigate",
  ["Sec-Fetch-Site"] = "same-origin",
  ["Upgrade-Insecure-Requests"] = "1",
  ["User-Agent"] = "Mozilla/5.0 (X11; Linux x86_64; rv:143.0) Gecko/20100101 Firefox/143.0",
} -- and Host, which wrk adds: eleven

local agents = {
  "curl/8.14.1",
  "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/26.0 Safari/605.1.15",
  "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/142.0.0.0 Safari/537.36",
  "okhttp/5.1.0",
  "python-requests/2.32.5",
  "Googlebot/2.1 (+http://www.google.com/bot.html)",
}
local extra = {
  "Accept", "Accept-Encoding", "Accept-Language", "Authorization", "Cache-Control", "Cookie", "DNT",
  "If-Modified-Since", "If-None-Match", "Origin", "Pragma", "Priority", "Referer", "Sec-CH-UA",
  "Sec-CH-UA-Mobile", "Sec-Fetch-Site", "TE", "X-Api-Key", "X-Client-Version", "X-Forwarded-For",
  "X-Forwarded-Proto", "X-Real-IP", "X-Request-Id", "X-Requested-With", "X-Trace-Id",
}

local function mixed_sets(host)
  local sets = {}
  for set = 1, 48 do
    local headers = { ["Host"] = host, ["User-Agent"] = agents[set % #agents + 1] }
    -- Each set takes from 3 to 18 of the names, from another place in the list and at another step.
    local step = ({ 1, 2, 3, 7, 11 })[set % 5 + 1]
    for n = 0, 2 + (set * 7) % 16 do
      local name = extra[(set * 3 + n * step) % #extra + 1]
      headers[name] = string.rep(name:lower(), 1 + (set + n) % 4, "; ")
    end
    if set % 6 == 0 then headers["X-Tenant-" .. set] = "tenant number " .. set end
    sets[set] = headers
  end
  return sets
end

-- A global `request` makes wrk ask for every request anew, which costs it time (and a copy of a whole upload): it is
-- defined only where the requests differ.
local function alternate(sets)
  local prepared, last = {}, 0
  for n, headers in ipairs(sets) do prepared[n] = wrk.format("GET", nil, headers) end
  function request()
    last = last % #prepared + 1
    return prepared[last]
  end
end

local function say_started()
  io.write("started\n")
  io.stdout:flush()
end

function init(args)
  local kind = args[1]
  if kind == "upload" then
    -- The rest of wrk's own start takes long with so large a request: wait for the first one that is sent.
    local said = false
    function delay()
      if not said then say_started() end
      said = true
      return 0
    end
    wrk.method = "POST"
    wrk.headers["Content-Type"] = "application/octet-stream"
    wrk.body = string.rep("0123456789abcdef", 65536 * tonumber(args[2]))
  elseif kind == "mixed" then
    alternate(mixed_sets(wrk.headers["Host"]))
  else
    for name, value in pairs(browser) do wrk.headers[name] = value end
    if kind == "many" then
      for n = 1, 30 do wrk.headers["X-Custom-Header-" .. n] = "value of header number " .. n end
    end
  end
  if kind ~= "upload" then say_started() end
end

function done(summary)
  local errors = summary.errors
  io.write(string.format('\n{"requests":%d,"microseconds":%d,"failed":%d,"refused":%d}\n', summary.requests,
    summary.duration, errors.connect + errors.read + errors.write + errors.timeout, errors.status))
end
