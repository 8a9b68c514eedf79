const fetch = require('node-fetch');
const FormData = require('form-data');

const API_URL = 'https://api.astria.ai/prompts/:prompt_id/like';
const API_KEY = 'YOUR_API_KEY'; // Replace with your actual API key
const headers = { Authorization: `Bearer ${API_KEY}` }

fetch(API_URL, {
  method: 'POST',
  headers: headers,
}).then(response => response.text())
