const axios = require('axios');
const FormData = require('form-data');
const fs = require('fs');

const url = "https://api.astria.ai/themes";
axios.post(url, {
  theme: "Corporate headshots",
  tune_ids: [123],
  prompt_attributes: {
    num_images: 123
  }
}, {
  headers: {
    "Authorization": `Bearer YOUR_API_KEY`,
      "Content-Type": "application/json",
      "Accept": "application/json"
  }
})
.then(response => {
  console.log(response.data);
})
  .catch(error => {
    console.error(error);
  });
