const fetch = require('node-fetch');

const API_URL = 'https://api.astria.ai/prompts/1';
const API_KEY = 'YOUR_API_KEY'; // Replace with your actual API key
const headers = { Authorization: `Bearer ${API_KEY}` }

fetch(API_URL, {
  method: 'DELETE',
  headers: headers
}).then(response => response.json())
