const headers = { Authorization: `Bearer ${API_KEY}` }
fetch('https://api.astria.ai/tunes', { headers: headers });
