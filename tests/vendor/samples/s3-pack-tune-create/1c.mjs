const API_KEY = 'sd_XXXX';
const DOMAIN = 'https://api.astria.ai';
// Create prompts from pack  with tune_ids
function createTune(tuneIds) {
  let options = {
    method: 'POST',
    headers: { 'Authorization': 'Bearer ' + API_KEY, 'Content-Type': 'application/json' },
    body: JSON.stringify({
      tune: {
        tune_ids: tuneIds,
      }
    })
  };
  // Hard coded pack id 260 for corporate headshots from the gallery - https://www.astria.ai/gallery/packs.json
  return fetch(DOMAIN + '/p/260/tunes', options)
    .then(r => r.json())
    .then(r => console.log(r))
}

createTune([89])
