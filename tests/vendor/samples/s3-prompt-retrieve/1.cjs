const API_KEY = 'YOUR_API_KEY';
const headers = { Authorization: `Bearer ${API_KEY}` }
fetch('https://api.astria.ai/tunes/1/prompts/1', { headers: headers });
