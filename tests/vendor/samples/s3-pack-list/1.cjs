const API_KEY = 'YOUR_API_KEY';
const headers = { Authorization: `Bearer ${API_KEY}` }
fetch('https://api.astria.ai/packs', { headers: headers });
// or
fetch('https://api.astria.ai/gallery/packs', { headers: headers });
