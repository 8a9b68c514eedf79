/// With form-data, fetch() and nested prompts
// For NodeJS 18 - do NOT import the two below as they are built-in
import fetch from "node-fetch";
import FormData from 'form-data';
import fs from 'fs';

const API_KEY = 'sd_XXXX';
const DOMAIN = 'https://api.astria.ai';
function createTune() {
  let formData = new FormData();
  formData.append('tune[title]', 'John Doe - UUID - 1234-6789-1234-56789');
  formData.append('tune[name]', 'man');
  formData.append('tune[callback]', 'https://optional-callback-url.com/webhooks/astria?user_id=1');
  formData.append('tune[characteristics][eye_color]', 'blue eyes');
  formData.append('tune[prompt_attributes][callback]', 'https://optional-callback-url.com/webhooks/astria_prompts?user_id=1');
  // Load all JPGs from ./samples directory and append to FormData
  let files = fs.readdirSync('./samples');
  files.forEach(file => {
    if(file.endsWith('.jpg')) {
      formData.append('tune[images][]', fs.createReadStream(`./samples/${file}`), file);
    }
  });
  formData.append('tune[callback]', 'https://optional-callback-url.com/to-your-service-when-ready?user_id=1');

  let options = {
    method: 'POST',
    headers: {
      'Authorization': 'Bearer ' + API_KEY
    },
    body: formData
  };
  // Hard coded pack id 260 for corporate headshots from the gallery - https://www.astria.ai/gallery/packs.json
  return fetch(DOMAIN + '/p/260/tunes', options)
    .then(r => r.json())
    .then(r => console.log(r));
}

createTune();
