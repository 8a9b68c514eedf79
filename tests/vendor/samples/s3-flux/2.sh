# Note the hard-coded 1504944 which is the tune_id of Flux1.dev from the gallery
curl -X POST -H "Authorization: Bearer $API_KEY" https://api.astria.ai/tunes/1504944/prompts \
          --form-string prompt[text]="<lora:tune_id:strength> a painting of ohwx man in the style of Van Gogh" \
          -F prompt[callback]="https://optional-callback-url.com/to-your-service-when-ready?prompt_id=1"
