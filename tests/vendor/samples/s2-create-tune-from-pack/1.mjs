// NodeJS 16
// With image_urls and fetch()
// For NodeJS 18 - do NOT import the below as it is built-in
import fetch from "node-fetch";

const API_KEY = 'sd_XXXXXX';
const DOMAIN = 'https://api.astria.ai';

function createTune() {
  let options = {
    method: 'POST',
    headers: { 'Authorization': 'Bearer ' + API_KEY, 'Content-Type': 'application/json' },
    body: JSON.stringify({
      tune: {
        "title": 'John Doe - UUID - 1234-6789-1234-56789',
        "name": "cat",
        "callback": "https://optional-callback-url.com/to-your-service-when-ready?user_id=1",
        "characteristics": {"eye_color": "blue eyes"},
        "prompt_attributes": {
          "callback": "https://optional-callback-url.com/webhooks/astria_prompts?user_id=1"
        },
        "image_urls": [
          "https://i.imgur.com/HLHBnl9.jpeg",
          "https://i.imgur.com/HLHBnl9.jpeg",
          "https://i.imgur.com/HLHBnl9.jpeg",
          "https://i.imgur.com/HLHBnl9.jpeg"
        ]
      }
    })
  };
  // Hard coded pack id 43 for corporate headshots from the gallery - https://www.astria.ai/gallery/packs
  return fetch(DOMAIN + '/p/43/tunes', options)
    .then(r => r.json())
    .then(r => console.log(r))
}

createTune()
